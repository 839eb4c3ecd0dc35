"""The smallest of the files whose mutants are tried, and the list of mutants that nobody notices."""

import pytest

from trials.mutants import FILES, ROOT, Mutant, Tried, judge, listed, noticing, try_mutants
from trials.verdict import Verdict

LISTED = dict(listed())
SEALING = [mutant for mutant in LISTED if mutant.file == "app/core/crypto/encryption.py"]
NEW = Mutant("app/core/crypto/encryption.py", "seal", "nonce = token_bytes(NONCE)", "nonce = bytes(NONCE)")


def test_the_mutants_of_the_smallest_file_are_noticed() -> None:
    verdict = Verdict()

    try_mutants(verdict, ["app/assessments/rules/reliable_change.py"])

    assert len(verdict.promises) == 3
    assert verdict.broken == []


@pytest.mark.parametrize(
    ("mutants", "survivors", "broken"),
    [
        (20, SEALING, []),
        (19, SEALING, ["noticed"]),
        (0, [], ["noticed", "survives"]),
        (90, [*SEALING, NEW], ["reason"]),
        (90, SEALING[1:], ["survives"]),
    ],
)
def test_too_few_noticed_or_a_list_that_is_not_right_breaks_a_promise(
    mutants: int, survivors: list[Mutant], broken: list[str]
) -> None:
    verdict = Verdict()

    judge(verdict, "app/core/crypto/encryption.py", Tried(mutants, survivors))

    assert [promise.text.split()[-1] for promise in verdict.broken] == broken


@pytest.mark.parametrize("mutant", LISTED, ids=lambda each: f"{each.file}:{each.function}")
def test_a_listed_survivor_names_lines_that_stand_in_its_function(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    function = text.partition(f"def {mutant.function}(")[2].partition("\ndef ")[0]

    assert mutant.was != mutant.now
    assert set(mutant.was.splitlines()) <= {line.strip() for line in function.splitlines()}
    assert LISTED[mutant].endswith(".")


@pytest.mark.parametrize("file", FILES)
def test_a_file_whose_mutants_are_tried_has_tests(file: str) -> None:
    assert [each for each in (file, *noticing(file)) if not (ROOT / each).is_file()] == []
