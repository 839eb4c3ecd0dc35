"""A trial (long-running reliability check) fails if a check failed or if it had no checks."""

import pytest

from trials.verdict import Verdict


@pytest.mark.parametrize(("results", "code"), [([], 1), ([True], 0), ([True, False], 1), ([True, True], 0)])
def test_finish_returns_0_only_if_all_checks_passed(
    results: list[bool], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = Verdict()
    for number, passed in enumerate(results):
        verdict.expect(f"check {number}", passed, "a value")

    assert verdict.finish() == code
    assert len(verdict.failed) == results.count(False)
    assert capsys.readouterr().out.count("FAILED") == results.count(False)
