"""`python -m trials.fuzz [N] [--seed S]` sends at least N requests (5,000) to the server on each database: schemathesis
makes them from the OpenAPI document, in all its phases, with all its checks, as members and as nobody.
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

from bench.parts.kinds import SERVED
from bench.servers.databases import DATABASES
from bench.servers.filled import loaded
from bench.servers.processes import Place
from trials.fuzz.config import configured, known
from trials.fuzz.people import People
from trials.fuzz.unsaid import is_said
from trials.fuzz.watch import Watch, some
from trials.verdict import Verdict

REQUESTS, SEED = 5_000, 21
MOST_TOLD = 500  # characters of a reply
SETTINGS = {**SERVED, "min_answer_milliseconds": "0"}

# Every check there is, by what it promises.
PROMISES = {
    "not_a_server_error": "no reply is a fault of ours",
    "status_code_conformance": "every status is one that the document names",
    "content_type_conformance": "every media type is one that the document names",
    "response_headers_conformance": "headers are as the document says",
    "response_schema_conformance": "bodies are as the document says",
    "negative_data_rejection": "what the document doesn't allow is refused",
    "positive_data_acceptance": "what the document allows is taken",
    "missing_required_header": "a header that has to be there is missed",
    "unsupported_method": "a method that isn't there is answered so",
    "allow_header_conformance": "`Allow` names the methods that are there",
    "ignored_auth": "a token is asked for where the document says so",
    "object_level_authorization": "what is one member's isn't given to another",
    "use_after_free": "what was deleted is gone",
    "ensure_resource_availability": "what was made is there",
}


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is sent. Most is coverage: all that is just inside and just outside of a schema."""

    requests: int = 0  # at least; once through, what draws its cases begins again with another seed
    examples: int = 10  # of each operation, and chains of requests
    covered: int = 1  # one operation of so many
    idle: int = 0  # operations that may never do what they are for


class Tokens:
    """Signs requests where the document says so; the others are nobody's."""

    def __init__(self, people: People, protected: Collection[str]) -> None:
        self._people = people
        self._protected = protected

    def get(self, _case: Case[Any], context: AuthContext) -> str | None:
        label = context.operation.label
        return self._people.token_for(label) if label in self._protected else None

    def set(self, case: Case[Any], data: str, _context: AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


class Findings:
    """What the checks find."""

    def __init__(self) -> None:
        self.by_check: dict[str, list[str]] = defaultdict(list)
        self.errors: list[str] = []

    def note(self, event: events.EngineEvent) -> None:
        match event:
            case events.FatalError():
                raise event.exception
            case events.Interrupted():
                raise KeyboardInterrupt
            case events.EngineFinished() if event.stop_reason is not StopReason.COMPLETED:
                self.errors.append(f"it stopped: {event.stop_reason}")
            case events.NonFatalError():
                self.errors.append(f"{event.label}: {event.value!r}")
            case events.ScenarioFinished():
                for case, checks in event.recorder.checks.items():
                    for check in checks:
                        if found := check.failure_info:
                            reply = event.recorder.interactions[case].response
                            self.by_check[check.name].append(_told(found, reply.text if reply else ""))

    def judge(self, verdict: Verdict) -> None:
        for name in CHECKS.get_all_names():
            verdict.expect(PROMISES[name], not self.by_check[name], some(self.by_check[name]))
        verdict.expect("nothing kept a check from being made", not self.errors, some(self.errors))


def _told(found: CheckFailureInfo, reply: str) -> str:
    """What was wrong, what was answered, and how to send it again; whoever does has another token."""
    failure, sent = found.failure, re.sub(r"Bearer [\w.-]+", "Bearer $TOKEN", found.code_sample)
    return f"{failure.operation}: {failure.title}. {failure.message}\n{sent}\n{reply[:MOST_TOLD]}\n"


def fuzz(verdict: Verdict, place: Place, database_url: str, effort: Effort, *, seed: int = SEED) -> None:
    """On a database with the shipped content."""
    with (
        place.serving(database_url=database_url, **SETTINGS) as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        people, findings = People(database_url, client), Findings()
        watch, words = Watch(people, client.get("/openapi.json").json()), known(people)
        uncovered = [name for n, name in enumerate(sorted(watch.operations)) if (n + seed) % effort.covered]
        for turn in count():
            config = configured(
                words, server.url, seed=seed + turn, examples=effort.examples, enumerates=turn == 0, uncovered=uncovered
            )
            schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json", config=config)
            schema.auth.providers.append(Tokens(people, watch.protected))
            _hook(schema, watch)
            for event in from_schema(schema).execute():
                findings.note(event)
            if watch.requests >= effort.requests or findings.errors:
                break
        findings.judge(verdict)
        watch.judge(verdict, idle=effort.idle)


def _hook(schema: BaseSchema, watch: Watch) -> None:
    """Schemathesis knows hooks by their names."""

    @schema.hook
    def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
        watch.note(case, response)

    @schema.hook
    def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
        return is_said(failure, response)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m trials.fuzz", description=__doc__)
    parser.add_argument("requests", type=int, nargs="?", default=REQUESTS)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(argv)
    verdict = Verdict()
    for name, database in DATABASES.items():
        print(f"{name}, seed {asked.seed}:", flush=True)
        with tempfile.TemporaryDirectory() as folder, database(Path(folder)) as databases:
            place = Place(Path(folder))
            fuzz(verdict, place, loaded(databases("fuzz")), Effort(asked.requests), seed=asked.seed)
    return verdict.told()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
