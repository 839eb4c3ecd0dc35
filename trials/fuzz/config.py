"""Configuration of the fuzz test, with known ids and secrets that can't be generated."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from schemathesis.config import PositiveDataAcceptanceConfig, SchemathesisConfig

from bench.client.members import PASSWORD
from bench.client.requests import ASSESSMENT
from trials.fuzz.members import ARTICLES, END_SESSION, JOURNEY, SIGN_IN_CODE, VERIFY_EMAIL, FuzzMembers

NEW_PASSWORD = "seven herons wade at dusk"  # noqa: S105 - no secret
# In addition to 404 and 409: the resource was deleted, or no longer matches the given ETag.
ACCEPTED_STATUSES = [*PositiveDataAcceptanceConfig().expected_statuses, "410", "412"]
UNUSED_CHECK = "object_level_authorization"  # has no effect without a file of users; ResponseWatch finds leaks
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
        "POST /v1/auth/code/verify": {"body.code": [SIGN_IN_CODE]},
        VERIFY_EMAIL: {"body.token": [members.verification_token]},
        "POST /v1/auth/password/reset": {"body.token": members.reset_tokens, "body.password": [NEW_PASSWORD]},
        "PUT /v1/me/consents/{purpose}": {"body.version": ["1"]},
    }


def make_config(
    dictionaries: Mapping[str, Dictionary], server_url: str, *, seed: int, phases: Mapping[str, Any]
) -> SchemathesisConfig:
    parameters_by_operation = {
        operation: {
            name: {"dictionary": f"{operation} {name}", "probability": DICTIONARY_PROBABILITY} for name in dictionary
        }
        for operation, dictionary in dictionaries.items()
    }
    operations = [
        {"include-name": name, "parameters": values} for name, values in parameters_by_operation.items() if name
    ]
    return SchemathesisConfig.from_dict(
        {
            "base-url": server_url,
            "seed": seed,
            "continue-on-failure": True,
            "request-timeout": 30,
            "generation": {"database": "none", "no-shrink": True},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ACCEPTED_STATUSES},
                UNUSED_CHECK: {"enabled": False},
            },
            "phases": phases,
            "dictionaries": {
                f"{operation} {name}": {"values": list(values)}
                for operation, dictionary in dictionaries.items()
                for name, values in dictionary.items()
            },
            "parameters": parameters_by_operation[ALL_OPERATIONS],
            "operations": operations,
            # Secrets are printed: the members are invented, and a printed request must be repeatable.
            "output": {"sanitization": {"enabled": False}},
        }
    )
