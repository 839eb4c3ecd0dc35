"""Compare the API with its in-memory model in random examples, and check the stored data."""

import traceback

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import URL

from tests.factories.rows import stored_bytes
from tests.security.canaries import CANARY
from trials.machine.rules import MemberMachine
from trials.machine.servers import ServerPair
from trials.verdict import Verdict

REPORTED_COUNTS = ("examples", "requests", "races", "restarts", "most possible states", "first mismatch")
BATCH_SIZE = 9  # examples; in batches of ten or more, Hypothesis makes the first examples small


def run_machine(
    verdict: Verdict, name: str, url: URL, *, examples: int, steps: int, seed_value: int = 21, shrink: bool = True
) -> None:
    """Run random examples from a seed, and add the checks to the verdict.

    With `shrink`, Hypothesis simplifies a failing example, which takes minutes.
    """
    servers = ServerPair(url)
    options = settings(
        stateful_step_count=steps,
        phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    passed = True
    try:
        for first in range(0, examples, BATCH_SIZE):
            batch_settings = settings(options, max_examples=min(BATCH_SIZE, examples - first))
            machine = type("SeededMachine", (MemberMachine,), {"servers": servers})
            run_state_machine_as_test(seed(seed_value + first)(machine), settings=batch_settings)
    except Exception:  # noqa: BLE001 - any failure is reported
        traceback.print_exc()
        passed = False
    details = ", ".join(f"{count_name} {servers.counts[count_name]}" for count_name in REPORTED_COUNTS)
    verdict.expect(f"{name}: every response matches the model", passed, details)
    print(f"        {', '.join(f'{kind} {count}' for kind, count in sorted(servers.response_counts.items()))}")
    is_unencrypted = CANARY in stored_bytes(servers.database).decode("latin-1").lower()
    verdict.expect(f"{name}: texts of members are stored encrypted", not is_unencrypted)
    servers.close()
