"""Fuzz test: send random requests to a server on each database.

The library Schemathesis generates at least the given number of requests from the OpenAPI document, with and without
authentication, and runs all its checks.
"""

import argparse
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.auths import AuthContext
from schemathesis.checks import CHECKS
from schemathesis.core.failures import Failure
from schemathesis.engine import StopReason, events, from_schema
from schemathesis.engine.recorder import CheckFailureInfo
from schemathesis.schemas import BaseSchema

from bench.parts.kinds import SERVER_SETTINGS
from bench.servers.database_content import load_content
from bench.servers.databases import DATABASES
from bench.servers.processes import Sandbox
from trials.fuzz.config import known_values, make_config
from trials.fuzz.members import FuzzMembers
from trials.fuzz.response_watch import ResponseWatch, format_examples
from trials.fuzz.undocumented_rules import is_defect
from trials.verdict import Verdict

REQUESTS, SEED = 5_000, 21
MAX_RESPONSE_LENGTH = 500  # maximum printed characters of a response
SETTINGS = {**SERVER_SETTINGS, "min_answer_milliseconds": "0"}

# The requirement that each check of Schemathesis verifies.
CHECK_DESCRIPTIONS = {
    "not_a_server_error": "no response is a server error",
    "status_code_conformance": "all statuses are documented",
    "content_type_conformance": "all media types are documented",
    "response_headers_conformance": "headers match the document",
    "response_schema_conformance": "bodies match the document",
    "negative_data_rejection": "invalid data is rejected",
    "positive_data_acceptance": "valid data is accepted",
    "missing_required_header": "requests without a required header are rejected",
    "unsupported_method": "unsupported methods return 405",
    "allow_header_conformance": "`Allow` contains the supported methods",
    "ignored_auth": "documented authentication is required",
    "object_level_authorization": "members can't access resources of other members",
    "use_after_free": "deleted resources are unavailable",
    "ensure_resource_availability": "created resources are available",
}


@dataclass(frozen=True, slots=True)
class FuzzEffort:
    """The size of a fuzz test.

    The coverage phase of Schemathesis sends most requests, with values at the limits of the schemas.
    """

    requests: int = 0  # minimum number; random phases repeat with new seeds until it is reached
    examples: int = 10  # random examples for each operation, and for sequences of requests
    coverage_step: int = 1  # the coverage phase includes every n-th operation
    max_idle: int = 0  # maximum number of operations without a successful response


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
                        if failure := check.failure_info:
                            response = event.recorder.interactions[case].response
                            self.by_check[check.name].append(
                                _describe_failure(failure, response.text if response else "")
                            )

    def report(self, verdict: Verdict) -> None:
        for name in CHECKS.get_all_names():
            verdict.expect(CHECK_DESCRIPTIONS[name], not self.by_check[name], format_examples(self.by_check[name]))
        verdict.expect("all checks ran", not self.errors, format_examples(self.errors))


def _describe_failure(info: CheckFailureInfo, response_text: str) -> str:
    """Describe a failure: its message, a command that repeats the request, and the response.

    The command contains `$TOKEN` instead of the access token.
    """
    failure, command = info.failure, re.sub(r"Bearer [\w.-]+", "Bearer $TOKEN", info.code_sample)
    return (
        f"{failure.operation}: {failure.title}. {failure.message}\n{command}\n{response_text[:MAX_RESPONSE_LENGTH]}\n"
    )


def run_fuzz(verdict: Verdict, sandbox: Sandbox, database_url: str, effort: FuzzEffort, *, seed: int = SEED) -> None:
    """Send random requests to a server, and check the responses.

    The database must contain the shipped content.
    """
    with (
        sandbox.serving(database_url=database_url, **SETTINGS) as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        members, findings = FuzzMembers(database_url, client), Findings()
        watch, dictionaries = ResponseWatch(members, client.get("/openapi.json").json()), known_values(members)
        uncovered = [
            name for index, name in enumerate(sorted(watch.operations)) if (index + seed) % effort.coverage_step
        ]
        for turn in count():
            config = make_config(
                dictionaries,
                server.url,
                seed=seed + turn,
                examples=effort.examples,
                is_first_turn=turn == 0,
                uncovered=uncovered,
            )
            schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json", config=config)
            schema.auth.providers.append(TokenAuth(members, watch.protected))
            _register_hooks(schema, watch)
            for event in from_schema(schema).execute():
                findings.record(event)
            if watch.requests >= effort.requests or findings.errors:
                break
        findings.report(verdict)
        watch.report(verdict, max_idle=effort.max_idle)


def _register_hooks(schema: BaseSchema, watch: ResponseWatch) -> None:
    """Register hooks for Schemathesis, which identifies them by their function names."""

    @schema.hook
    def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
        watch.record(case, response)

    @schema.hook
    def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
        return is_defect(failure, response)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m trials.fuzz", description=__doc__)
    parser.add_argument("requests", type=int, nargs="?", default=REQUESTS)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(argv)
    verdict = Verdict()
    for name, open_databases in DATABASES.items():
        print(f"{name}, seed {options.seed}:", flush=True)
        with tempfile.TemporaryDirectory() as directory, open_databases(Path(directory)) as create_database:
            sandbox, database_url = Sandbox(Path(directory)), load_content(create_database("fuzz"))
            run_fuzz(verdict, sandbox, database_url, FuzzEffort(options.requests), seed=options.seed)
    return verdict.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
