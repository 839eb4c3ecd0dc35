"""Check invariants with random requests: `python -m trials.machine [EXAMPLES [SEED [DATABASE ...]]]`."""

import os
import random
import sys
import tempfile
import traceback
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import URL, make_url

from bench.servers.database_content import migrate
from bench.servers.databases import DATABASES
from tests.factories.rows import stored_bytes
from trials.machine.invariants import Invariant, Invariants
from trials.machine.machine import MemberMachine
from trials.machine.servers import ServerPair
from trials.verdict import Verdict

EXAMPLES, STEPS = 200, 25
BATCH_SIZE = 9  # examples; in batches of ten or more, Hypothesis makes the first examples small
GENERATE = hypothesis.settings(
    phases=[Phase.generate],  # simplifying a failing example would take minutes
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


def run_machine(verdict: Verdict, name: str, url: URL, *, examples: int, steps: int, seed: int) -> None:
    """Run random examples from a seed, and add the invariants to the verdict."""
    servers = ServerPair(url)
    checks = Invariants(servers.services[0].app.openapi())
    passed = True
    try:
        for first in range(0, examples, BATCH_SIZE):
            machine = type("SeededMachine", (MemberMachine,), {"servers": servers, "checks": checks})
            max_examples = min(BATCH_SIZE, examples - first)
            options = hypothesis.settings(GENERATE, max_examples=max_examples, stateful_step_count=steps)
            run_state_machine_as_test(hypothesis.seed(seed + first)(machine), settings=options)
    except Exception:  # noqa: BLE001 - any failure is reported
        traceback.print_exc()
        passed = False
    for invariant in Invariant:
        count = checks.counts[invariant]
        verdict.expect(f"{name}: {invariant}", count > 0 and invariant not in checks.violated, f"{count} checks")
    is_readable = "canary" in stored_bytes(servers.database).decode("latin-1").lower()
    verdict.expect(f"{name}: texts of users are stored encrypted", not is_readable)
    verdict.expect(
        f"{name}: nothing else fails", passed, ", ".join(f"{n} {kind}" for kind, n in servers.counts.items())
    )
    servers.close()


def main(argv: list[str]) -> int:
    examples = int(argv[0]) if argv else EXAMPLES
    seed = int(argv[1]) if argv[1:] else random.SystemRandom().getrandbits(32)
    os.environ["TWENTYONE_LOG_LEVEL"] = "error"  # fewer log lines between the results
    print(f"Seed {seed}.")
    verdict = Verdict()
    for name in argv[2:] or DATABASES:
        with (
            tempfile.TemporaryDirectory(prefix="twentyone-") as directory,
            DATABASES[name](Path(directory)) as databases,
        ):
            url = make_url(migrate(databases("machine")))
            run_machine(verdict, name, url, examples=examples, steps=STEPS, seed=seed)
    return verdict.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
