"""Short version of the mutation tests: the smallest file, and the list of undetectable mutants."""

import pytest

from trials.mutants import (
    MUTATED_FILES,
    ROOT,
    Mutant,
    MutationResult,
    check_result,
    covering_tests,
    listed_survivors,
    run_mutants,
)
from trials.verdict import Verdict

LISTED = dict(listed_survivors())
ENCRYPTION_MUTANTS = [mutant for mutant in LISTED if mutant.file == "app/core/crypto/encryption.py"]
UNLISTED_MUTANT = Mutant("app/core/crypto/encryption.py", "seal", "nonce = token_bytes(NONCE)", "nonce = bytes(NONCE)")


def test_run_mutants_of_the_smallest_file_passes_all_checks() -> None:
    verdict = Verdict()

    run_mutants(verdict, ["app/assessments/rules/reliable_change.py"])

    assert len(verdict.checks) == 3
    assert verdict.failed == []


@pytest.mark.parametrize(
    ("mutants", "survivors", "failed"),
    [
        (20, ENCRYPTION_MUTANTS, []),
        (19, ENCRYPTION_MUTANTS, ["mutants"]),
        (0, [], ["mutants", "survives"]),
        (90, [*ENCRYPTION_MUTANTS, UNLISTED_MUTANT], ["reason"]),
        (90, ENCRYPTION_MUTANTS[1:], ["survives"]),
    ],
)
def test_check_result_fails_for_few_kills_or_wrong_list(
    mutants: int, survivors: list[Mutant], failed: list[str]
) -> None:
    verdict = Verdict()

    check_result(verdict, "app/core/crypto/encryption.py", MutationResult(mutants, survivors))

    assert [check.description.split()[-1] for check in verdict.failed] == failed


@pytest.mark.parametrize("mutant", LISTED, ids=lambda mutant: f"{mutant.file}:{mutant.function}")
def test_listed_survivor_names_lines_of_its_function(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    function = text.partition(f"def {mutant.function}(")[2].partition("\ndef ")[0]

    assert mutant.original != mutant.mutated
    assert set(mutant.original.splitlines()) <= {line.strip() for line in function.splitlines()}
    assert LISTED[mutant].endswith(".")


@pytest.mark.parametrize("file", MUTATED_FILES)
def test_mutated_file_and_its_tests_exist(file: str) -> None:
    assert [path for path in (file, *covering_tests(file)) if not (ROOT / path).is_file()] == []
