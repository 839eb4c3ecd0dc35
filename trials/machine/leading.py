"""Leading members through the API, and what is promised of that."""

import traceback

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import URL

from tests.factories.rows import stored
from tests.security.canaries import WORD
from trials.machine.rules import Members
from trials.machine.site import Site
from trials.verdict import Verdict

COUNTED = ("examples", "requests", "races", "restarts", "worlds at most", "first difference")
AT_A_TIME = 9  # examples: of ten or more Hypothesis keeps the first ones small


def lead(
    verdict: Verdict, name: str, url: URL, *, examples: int, steps: int, by: int = 21, shrinks: bool = True
) -> None:
    """So many examples, by a seed. Whoever fails is led again by as few steps as can be, which takes minutes."""
    site = Site(url)
    options = settings(
        stateful_step_count=steps,
        phases=[Phase.generate, *([Phase.shrink] if shrinks else [])],
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    good = True
    try:
        for begun in range(0, examples, AT_A_TIME):
            some = settings(options, max_examples=min(AT_A_TIME, examples - begun))
            members = type("Led", (Members,), {"site": site})
            run_state_machine_as_test(seed(by + begun)(members), settings=some)
    except Exception:  # noqa: BLE001 - whatever it is, it is told
        traceback.print_exc()
        good = False
    found = ", ".join(f"{each} {site.counts[each]}" for each in COUNTED)
    verdict.expect(f"{name}: every answer is one that the model might have given", good, found)
    print(f"        {', '.join(f'{each} {many}' for each, many in sorted(site.answers.items()))}")
    clear = WORD in stored(site.database).decode("latin-1").lower()
    verdict.expect(f"{name}: nothing that members wrote is stored in the clear", not clear)
    site.close()
