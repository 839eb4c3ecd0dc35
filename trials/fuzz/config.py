"""What schemathesis is told: how much to send, and names and secrets that it could never make up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from schemathesis.config import PositiveDataAcceptanceConfig, SchemathesisConfig

from bench.client.members import PASSWORD
from trials.fuzz.people import ARTICLES, ASSESSMENT, CONFIRMING, ENDING, JOURNEY, People

NEW_PASSWORD = "seven herons wade at dusk"  # noqa: S105 - nobody's
# Beside 404 and 409: what was deleted is gone, and what was changed since isn't overwritten.
TAKEN = [*PositiveDataAcceptanceConfig().expected_statuses, "410", "412"]
OFTEN = 0.5  # how often a known value stands in for one that was made up
EVERYWHERE = ""

Words = Mapping[str, Sequence[str]]  # by where they are sent: `path.slug`


def known(people: People) -> dict[str, Words]:
    """By operation, or everywhere. Both of the two are sent ids of the other's."""
    soon = datetime.now(UTC).date() + timedelta(days=1)
    results = [result for person in people.two for result in person.results]
    sessions = [session for person in people.two for session in person.sessions]
    everywhere = {
        "path.article": ARTICLES,
        "path.purpose": ["health_data"],
        "path.result_id": results,
        "path.run_id": ["current", *(str(person.walker.run_id) for person in people.two)],
        "path.secret": people.calendars,
        "path.session_id": sessions,
        "path.slug": [ASSESSMENT, JOURNEY, *ARTICLES, "loneliness", "21day-team"],
        "query.assessment": [ASSESSMENT],
        "query.country": ["IE"],
        "query.since": results,
        "body.assessment": [ASSESSMENT],
        "body.claim_token": people.claims,
        "body.current_password": [PASSWORD],
        "body.email": [other.address for other in people.others],
        "body.journey": [JOURNEY],
        "body.new_password": [NEW_PASSWORD],
        "body.password": [PASSWORD],
        "body.refresh_token": [other.refresh_token(0) for other in people.others],
        "body.starts_on": [soon.isoformat()],
        "body.time_zone": ["Europe/Dublin", "Pacific/Chatham"],
    }
    return {
        EVERYWHERE: everywhere,
        ENDING: {"path.session_id": [*people.to_end, *sessions]},
        CONFIRMING: {"body.token": [people.to_confirm]},
        "POST /v1/auth/password/reset": {"body.token": people.to_reset, "body.password": [NEW_PASSWORD]},
        "PUT /v1/me/consents/{purpose}": {"body.version": ["1"]},
    }


def configured(
    words: Mapping[str, Words], server_url: str, *, seed: int, examples: int, enumerates: bool, uncovered: Sequence[str]
) -> SchemathesisConfig:
    """All phases, or only those that draw other cases with each seed. What is `uncovered` is left out of the phase
    that sends most.
    """
    names = {(at, place): f"{place} {at}".strip() for at, places in words.items() for place in places}
    bound = {
        at: {place: {"dictionary": names[at, place], "probability": OFTEN} for place in places}
        for at, places in words.items()
    }
    less: list[dict[str, Any]] = [
        {"include-name": name, "phases": {"coverage": {"enabled": False}}} for name in uncovered
    ]
    drawn = {"generation": {"max-examples": examples}}
    return SchemathesisConfig.from_dict(
        {
            "base-url": server_url,
            "seed": seed,
            "continue-on-failure": True,
            "request-timeout": 30,
            "generation": {"database": "none", "no-shrink": True},
            "checks": {"positive_data_acceptance": {"expected-statuses": TAKEN}},
            "phases": {
                "examples": {"enabled": enumerates},
                "coverage": {"enabled": enumerates},
                "fuzzing": drawn,
                "stateful": drawn,
            },
            "dictionaries": {
                names[at, place]: {"values": list(values)}
                for at, places in words.items()
                for place, values in places.items()
            },
            "parameters": bound.pop(EVERYWHERE),
            "operations": [*({"include-name": at, "parameters": each} for at, each in bound.items()), *less],
            "output": {
                "sanitization": {"enabled": False}
            },  # its people are nobody, and what it prints can be sent again
        }
    )
