"""Trial (long-running reliability check): mutation testing of the most critical files.

`python -m trials.mutants [FILE...]` changes one expression after another with mutmut. Each changed version is a
mutant, for which the tests of the file must fail. All files take about four minutes. survivors.yaml lists the mutants
that no test can detect, with reasons. mutmut does not change properties and code outside of functions, such as
constants and patterns.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import yaml

from trials.verdict import Verdict

ROOT = Path(__file__).parents[1]
SURVIVORS_FILE = Path(__file__).with_name("survivors.yaml")
COPIED_DIRECTORIES = ("app", "tests", "trials", "seed_content")  # pytest needs them to collect the tests
MIN_KILLED_PERCENT = 90
PLUGINS = ("no:cacheprovider", "_hypothesis_pytestplugin", "trials.without_databases")
PYTEST_OPTIONS = ("--noconftest", "--hypothesis-profile=ci", *(f"-p{plugin}" for plugin in PLUGINS))
KILLED_STATES = {"killed", "timeout"}  # a test that never ends detects its mutant, too
MUTATED_FILES = {
    "app/core/crypto/encryption.py": "encryption",
    "app/accounts/credentials/access_tokens.py": "access_tokens access_token_cache",
    "app/accounts/credentials/refresh_tokens.py": "refresh_tokens",
    "app/assessments/rules/scoring.py": (
        "scoring_properties published_scores missing_answers score_statistics skip_logic keyed_answers styles"
    ),
    "app/assessments/rules/reliable_change.py": "reliable_change",
    "app/journey/rules/schedule.py": "schedule pauses zone_changes progress streaks",
    "app/journey/rules/streaks.py": "streaks",
    "app/journey/rules/merge.py": "merge",
}  # each file with the test modules that cover it


class Mutant(NamedTuple):
    """A change that mutmut made to a function: its lines before and after."""

    file: str
    function: str
    original: str
    mutated: str

    def __str__(self) -> str:
        return f"{self.function}\n  - {self.original}\n  + {self.mutated}"


class MutationResult(NamedTuple):
    mutants: int
    survivors: list[Mutant]


def covering_tests(file: str) -> list[str]:
    directory = "tests" / Path(file).parent.relative_to("app")
    return [f"{directory}/test_{name}.py" for name in MUTATED_FILES[file].split()]


def mutate(file: str) -> MutationResult:
    """Test all mutants of a file, and return their number and the undetected mutants."""
    with TemporaryDirectory(prefix="twentyone-mutants-") as directory:
        project = Path(directory)
        _prepare_project(project, file)
        _mutmut(project, "run", "--max-children", "2")
        states = re.findall(r"^ +(\S+): (.+)$", _mutmut(project, "results", "--all", "true"), re.MULTILINE)
        names = [name for name, state in states if state not in KILLED_STATES]
        survivors = [_parse_mutant(file, name, _mutmut(project, "show", name)) for name in names]
        return MutationResult(len(states), survivors)


def _prepare_project(project: Path, file: str) -> None:
    for name in COPIED_DIRECTORIES:
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    # Without caches, which would return results of the original code. mutmut also skips decorated functions.
    text = (project / file).read_text(encoding="utf-8")
    (project / file).write_text(re.sub(r"^@lru_cache.*\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    settings = {
        "source_paths": ["app"],
        "only_mutate": [file],
        "also_copy": list(COPIED_DIRECTORIES),
        "pytest_add_cli_args": list(PYTEST_OPTIONS),
        "pytest_add_cli_args_test_selection": covering_tests(file),
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (project / "pyproject.toml").write_text("\n".join([pyproject, "[tool.mutmut]", *lines]), encoding="utf-8")


def _mutmut(project: Path, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUTF8": "1"}
    result = subprocess.run(command, cwd=project, env=environment, capture_output=True, encoding="utf-8", check=False)
    if result.returncode:
        raise SystemExit(f"mutmut {arguments[0]} failed:\n{result.stdout[-5000:]}{result.stderr[-5000:]}")
    return result.stdout


def _parse_mutant(file: str, name: str, difference: str) -> Mutant:
    changes = re.findall(r"^([-+])(?!-- |\+\+ )(.*)$", difference, re.MULTILINE)
    original, mutated = ("\n".join(line.strip() for sign, line in changes if sign == marker) for marker in "-+")
    function = re.sub(r"^.*(\.x_|ǁ)|__mutmut_\d+$", "", name)
    return Mutant(file, function, original, mutated)


def listed_survivors() -> Iterator[tuple[Mutant, str]]:
    """Yield the mutants that no test can detect, with their reasons."""
    for file, functions in yaml.safe_load(SURVIVORS_FILE.read_text(encoding="utf-8")).items():
        for function, mutants in functions.items():
            yield from ((Mutant(file, function, entry["was"], entry["now"]), entry["why"]) for entry in mutants)


def format_mutants(mutants: Iterable[Mutant]) -> str:
    return "".join(f"\n{mutant}" for mutant in sorted(mutants))


def check_result(verdict: Verdict, file: str, result: MutationResult) -> None:
    survivors, expected = set(result.survivors), {mutant for mutant, _ in listed_survivors() if mutant.file == file}
    killed = result.mutants - len(result.survivors)
    verdict.expect(
        f"{file}: tests detect at least {MIN_KILLED_PERCENT} % of the mutants",
        result.mutants > 0 and 100 * killed >= MIN_KILLED_PERCENT * result.mutants,
        f"{killed} of {result.mutants}, {100 * killed / max(result.mutants, 1):.1f} %",
    )
    verdict.expect(
        f"{file}: every survivor is listed with a reason", survivors <= expected, format_mutants(survivors - expected)
    )
    verdict.expect(f"{file}: every listed mutant survives", expected <= survivors, format_mutants(expected - survivors))


def run_mutants(verdict: Verdict, files: Sequence[str]) -> None:
    for file in files:
        check_result(verdict, file, mutate(file))


def main(argv: Sequence[str]) -> int:
    unknown = set(argv) - MUTATED_FILES.keys()
    if unknown:
        raise SystemExit(f"Unknown files: {', '.join(sorted(unknown))}. Choose from {', '.join(MUTATED_FILES)}.")
    verdict = Verdict()
    run_mutants(verdict, argv or list(MUTATED_FILES))
    return verdict.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
