"""Configuration of the fuzz test, with known ids and secrets that can't be generated."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from schemathesis.config import PositiveDataAcceptanceConfig, SchemathesisConfig

from bench.client.members import PASSWORD
from trials.fuzz.members import ARTICLES, ASSESSMENT, END_SESSION, JOURNEY, VERIFY_EMAIL, FuzzMembers

NEW_PASSWORD = "seven herons wade at dusk"  # noqa: S105 - no secret
# In addition to 404 and 409: the resource was deleted, or no longer matches the given ETag.
ACCEPTED_STATUSES = [*PositiveDataAcceptanceConfig().expected_statuses, "410", "412"]
DICTIONARY_PROBABILITY = 0.5  # of a known value in place of a generated value
ALL_OPERATIONS = ""

Dictionary = Mapping[str, Sequence[str]]  # values by location and name, such as `path.slug`


def known_values(members: FuzzMembers) -> dict[str, Dictionary]:
    """Return existing ids, valid tokens and other known values for requests, by operation.

    They include ids of both watched members, so that each also requests data of the other.
    """
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    results = [result for member in members.watched for result in member.results]
    sessions = [session for member in members.watched for session in member.sessions]
    everywhere = {
        "path.article": ARTICLES,
        "path.purpose": ["health_data"],
        "path.result_id": results,
        "path.run_id": ["current", *(str(member.walker.run_id) for member in members.watched)],
        "path.secret": members.calendar_secrets,
        "path.session_id": sessions,
        "path.slug": [ASSESSMENT, JOURNEY, *ARTICLES, "loneliness", "21day-team"],
        "query.assessment": [ASSESSMENT],
        "query.country": ["IE"],
        "query.since": results,
        "body.assessment": [ASSESSMENT],
        "body.claim_token": members.claim_tokens,
        "body.current_password": [PASSWORD],
        "body.email": [member.address for member in members.others],
        "body.journey": [JOURNEY],
        "body.new_password": [NEW_PASSWORD],
        "body.password": [PASSWORD],
        "body.refresh_token": [member.refresh_token(0) for member in members.others],
        "body.starts_on": [tomorrow.isoformat()],
        "body.time_zone": ["Europe/Dublin", "Pacific/Chatham"],
    }
    return {
        ALL_OPERATIONS: everywhere,
        END_SESSION: {"path.session_id": [*members.disposable_sessions, *sessions]},
        VERIFY_EMAIL: {"body.token": [members.verification_token]},
        "POST /v1/auth/password/reset": {"body.token": members.reset_tokens, "body.password": [NEW_PASSWORD]},
        "PUT /v1/me/consents/{purpose}": {"body.version": ["1"]},
    }


def make_config(
    dictionaries: Mapping[str, Dictionary],
    server_url: str,
    *,
    seed: int,
    examples: int,
    is_first_turn: bool,
    uncovered: Sequence[str],
) -> SchemathesisConfig:
    """Return the Schemathesis configuration for one turn of the fuzz test.

    The first turn has all phases, later turns have only the random phases. The coverage phase, which sends most
    requests, skips the operations in `uncovered`.
    """
    dictionary_names = {
        (operation, parameter): f"{parameter} {operation}".strip()
        for operation, values_by_parameter in dictionaries.items()
        for parameter in values_by_parameter
    }
    parameters_by_operation = {
        operation: {
            parameter: {"dictionary": dictionary_names[operation, parameter], "probability": DICTIONARY_PROBABILITY}
            for parameter in values_by_parameter
        }
        for operation, values_by_parameter in dictionaries.items()
    }
    uncovered_operations: list[dict[str, Any]] = [
        {"include-name": name, "phases": {"coverage": {"enabled": False}}} for name in uncovered
    ]
    random_phase = {"generation": {"max-examples": examples}}
    return SchemathesisConfig.from_dict(
        {
            "base-url": server_url,
            "seed": seed,
            "continue-on-failure": True,
            "request-timeout": 30,
            "generation": {"database": "none", "no-shrink": True},
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED_STATUSES}},
            "phases": {
                "examples": {"enabled": is_first_turn},
                "coverage": {"enabled": is_first_turn},
                "fuzzing": random_phase,
                "stateful": random_phase,
            },
            "dictionaries": {
                dictionary_names[operation, parameter]: {"values": list(values)}
                for operation, values_by_parameter in dictionaries.items()
                for parameter, values in values_by_parameter.items()
            },
            "parameters": parameters_by_operation.pop(ALL_OPERATIONS),
            "operations": [
                *(
                    {"include-name": operation, "parameters": parameters}
                    for operation, parameters in parameters_by_operation.items()
                ),
                *uncovered_operations,
            ],
            # Secrets are printed: the members are invented, and a printed request must be repeatable.
            "output": {"sanitization": {"enabled": False}},
        }
    )
