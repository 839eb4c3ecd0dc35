"""Short version of the mutation tests: the file with the fewest tests, and the list of undetectable mutants."""

import pytest

from trials.mutants import FILES, ROOT, TEST_MODULES, Mutant, check_file, listed_survivors, run_mutants
from trials.verdict import Verdict

pytestmark = pytest.mark.trial

FILE = "app/core/crypto/encryption.py"
LISTED = [mutant for mutant in listed_survivors() if mutant.file == FILE]
UNLISTED = Mutant(FILE, "seal", "nonce = token_bytes(NONCE)", "nonce = bytes(NONCE)")


def test_run_mutants_of_one_file_passes_all_checks() -> None:
    verdict = Verdict()

    run_mutants(verdict, [FILE])

    assert len(verdict.checks) == 3
    assert verdict.failed == []


@pytest.mark.parametrize(
    ("mutants", "survivors", "failed"),
    [
        (50, LISTED, []),
        (49, LISTED, ["mutants"]),
        (0, [], ["mutants", "survives"]),
        (90, [*LISTED, UNLISTED], ["reason"]),
        (90, LISTED[1:], ["survives"]),
    ],
)
def test_check_file_fails_for_few_kills_or_wrong_list(mutants: int, survivors: list[Mutant], failed: list[str]) -> None:
    verdict = Verdict()

    check_file(verdict, FILE, mutants, survivors)

    assert [check.description.split()[-1] for check in verdict.failed] == failed


def test_listed_survivors_name_lines_of_mutated_files() -> None:
    for mutant in listed_survivors():
        function = (
            (ROOT / mutant.file).read_text("utf-8").partition(f"def {mutant.function}(")[2].partition("\ndef ")[0]
        )
        assert set(mutant.original.splitlines()) <= {line.strip() for line in function.splitlines()}, mutant
        assert mutant.file in FILES


def test_mutated_files_and_their_tests_exist() -> None:
    assert [path for path in [*FILES, *TEST_MODULES] if not (ROOT / path).is_file()] == []
