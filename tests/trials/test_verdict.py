"""A trial falls short when a promise is broken, and when there was none."""

import pytest

from trials.verdict import Verdict


@pytest.mark.parametrize(("kept", "code"), [([], 1), ([True], 0), ([True, False], 1), ([True, True], 0)])
def test_a_verdict_is_good_when_every_promise_was_kept(
    kept: list[bool], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = Verdict()
    for n, each in enumerate(kept):
        verdict.expect(f"promise {n}", each, "a figure")

    assert verdict.told() == code
    assert len(verdict.broken) == kept.count(False)
    assert capsys.readouterr().out.count("BROKEN") == kept.count(False)
