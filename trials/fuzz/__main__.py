"""Fuzz test: send random requests to a server on each database.

`python -m trials.fuzz [REQUESTS [SEED]]` lets the library Schemathesis generate at least this number of requests from
the OpenAPI document, with and without authentication, and run all its checks.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Collection
from functools import partial
from itertools import count
from typing import Any

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.auths import AuthContext
from schemathesis.checks import CHECKS
from schemathesis.core.failures import Failure
from schemathesis.engine import StopReason, events, from_schema
from schemathesis.engine.recorder import CheckFailureInfo
from schemathesis.schemas import BaseSchema

from trials.clients import open_client
from trials.environment import Environment, run_on_databases
from trials.fuzz.config import UNUSED_CHECK, known_values, make_config
from trials.fuzz.members import FuzzMembers
from trials.fuzz.response_watch import ResponseWatch
from trials.fuzz.undocumented_rules import is_defect

REQUESTS, SEED = 5_000, 21
MAX_RESPONSE_LENGTH = 500  # maximum printed characters of a response


class TokenAuth:
    """Adds an access token to requests for operations that require authentication."""

    def __init__(self, members: FuzzMembers, protected: Collection[str]) -> None:
        self._members = members
        self._protected = protected

    def get(self, _case: Case[Any], context: AuthContext) -> str | None:
        label = context.operation.label
        return self._members.token_for(label) if label in self._protected else None

    def set(self, case: Case[Any], data: str, _context: AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


class Findings:
    """Failures and errors that Schemathesis found, grouped by check."""

    def __init__(self) -> None:
        self.by_check: dict[str, list[str]] = defaultdict(list)
        self.errors: list[str] = []

    def record(self, event: events.EngineEvent) -> None:
        match event:
            case events.FatalError():
                raise event.exception
            case events.Interrupted():
                raise KeyboardInterrupt
            case events.EngineFinished() if event.stop_reason is not StopReason.COMPLETED:
                self.errors.append(f"stopped: {event.stop_reason}")
            case events.NonFatalError():
                self.errors.append(f"{event.label}: {event.value!r}")
            case events.ScenarioFinished():
                for case, checks in event.recorder.checks.items():
                    for check in checks:
                        if info := check.failure_info:
                            response = event.recorder.interactions[case].response
                            self.by_check[check.name].append(_describe(info, response.text if response else ""))

    def report(self, environment: Environment) -> None:
        for name in CHECKS.get_all_names():
            if name != UNUSED_CHECK:
                environment.expect_none(f"check {name}", self.by_check[name])
        environment.expect_none("all checks ran", self.errors)


def _describe(info: CheckFailureInfo, response: str) -> str:
    """Describe a failure: its message, a command that repeats the request (without the token), and the response."""
    failure, command = info.failure, re.sub(r"Bearer [\w.-]+", "Bearer $TOKEN", info.code_sample)
    return f"{failure.operation}: {failure.title}. {failure.message}\n{command}\n{response[:MAX_RESPONSE_LENGTH]}\n"


def run_fuzz(
    environment: Environment,
    *,
    requests: int = 0,
    examples: int = 10,
    all_phases: bool = True,
    max_idle: int = 0,
    seed: int = SEED,
) -> None:
    """Send random requests to a server, and check the responses.

    Random phases with `examples` for each operation repeat with new seeds until there are at least `requests`. With
    `all_phases`, there are also sequences of requests, and values at the limits of the schemas. At most `max_idle`
    operations may have no successful response.
    """
    with environment.serving(min_answer_milliseconds="0") as server, open_client(server.url) as client:
        members, findings = FuzzMembers(environment.database_url, client), Findings()
        watch, dictionaries = ResponseWatch(members, client.get("/openapi.json").json()), known_values(members)
        for turn in count():
            phases = {
                "examples": {"enabled": turn == 0},
                "coverage": {"enabled": turn == 0 and all_phases},
                "fuzzing": {"generation": {"max-examples": examples}},
                "stateful": {"enabled": all_phases, "generation": {"max-examples": examples}},
            }
            config = make_config(dictionaries, server.url, seed=seed + turn, phases=phases)
            schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json", config=config)
            schema.auth.providers.append(TokenAuth(members, watch.protected))
            _register_hooks(schema, watch)
            for event in from_schema(schema).execute():
                findings.record(event)
            if watch.requests >= requests or findings.errors:
                break
        findings.report(environment)
        watch.report(environment, max_idle=max_idle)


def _register_hooks(schema: BaseSchema, watch: ResponseWatch) -> None:
    """Register hooks for Schemathesis, which identifies them by their function names."""

    @schema.hook
    def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
        watch.record(case, response)

    @schema.hook
    def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
        return is_defect(failure, response)


def main(requests: int = REQUESTS, seed: int = SEED) -> int:
    print(f"Seed {seed}.")
    return run_on_databases(partial(run_fuzz, requests=requests, seed=seed))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
