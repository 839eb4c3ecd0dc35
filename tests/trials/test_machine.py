"""Short version of the random requests that check invariants (`python -m trials.machine`)."""

import pytest
from sqlalchemy import URL

from trials.machine.__main__ import run_machine
from trials.verdict import Verdict


@pytest.mark.trial
def test_invariants_hold_for_random_requests(database_url: URL) -> None:
    verdict = Verdict()

    run_machine(verdict, database_url.get_backend_name(), database_url, examples=4, steps=12, seed=8)

    assert verdict.failed == []
