"""Trial (long-running reliability check): mutation testing of the most critical files.

`python -m trials.mutants [FILE...]` runs mutmut with the settings in pyproject.toml. mutmut changes one expression
after another. Each changed version is a mutant, for which the tests must fail. survivors.yaml lists the mutants that no
test can detect, with reasons. mutmut does not change properties and code outside of functions, such as constants.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import yaml
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

from trials.verdict import Verdict

ROOT = Path(__file__).parents[1]
COPIED_DIRECTORIES = ("app", "tests", "trials", "seed_content")
MIN_KILLED_PERCENT = 96
KILLED_STATES = {"killed", "timeout"}  # a test that never ends detects its mutant, too
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
SETTINGS = tomllib.loads(PYPROJECT)["tool"]["mutmut"]
FILES, TEST_MODULES = SETTINGS["only_mutate"], SETTINGS["pytest_add_cli_args_test_selection"]


class Mutant(NamedTuple):
    """A change that mutmut made to a function: its lines before and after."""

    file: str
    function: str
    original: str
    mutated: str


def listed_survivors() -> Iterator[Mutant]:
    """Yield the mutants that no test can detect."""
    for file, functions in yaml.safe_load(Path(__file__).with_name("survivors.yaml").read_text("utf-8")).items():
        for function, mutants in functions.items():
            yield from (Mutant(file, function, mutant["was"], mutant["now"]) for mutant in mutants)


def check_file(verdict: Verdict, file: str, mutants: int, survivors: Sequence[Mutant]) -> None:
    killed, listed = mutants - len(survivors), {mutant for mutant in listed_survivors() if mutant.file == file}
    verdict.expect(
        f"{file}: tests detect at least {MIN_KILLED_PERCENT} % of the mutants",
        mutants > 0 and 100 * killed >= MIN_KILLED_PERCENT * mutants,
        f"{killed} of {mutants}",
    )
    verdict.expect_none(f"{file}: every survivor is listed with a reason", set(survivors) - listed)
    verdict.expect_none(f"{file}: every listed mutant survives", listed - set(survivors))


def run_mutants(verdict: Verdict, files: Sequence[str]) -> None:
    with TemporaryDirectory(prefix="twentyone-mutants-") as directory:
        _copy_project(Path(directory), files)
        with chdir(directory):
            command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "2"]
            variables = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUTF8": "1"}
            subprocess.run(command, env=variables, stdout=subprocess.DEVNULL, check=True)
            for file in files:
                data = SourceFileMutationData(path=file)
                data.load()
                states = {name: status_by_exit_code[code] for name, code in data.exit_code_by_key.items()}
                survivors = [_describe(file, name) for name, state in states.items() if state not in KILLED_STATES]
                check_file(verdict, file, len(states), survivors)


def _copy_project(project: Path, files: Sequence[str]) -> None:
    """Copy the project, with settings that select the files and the tests in the folders of the same names."""
    for name in COPIED_DIRECTORIES:
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    folders = {str(Path(file).parent).removeprefix("app") for file in files}
    unselected = [f'"{file}"' for file in set(FILES) - set(files)]
    unselected += [f'"{path}"' for path in TEST_MODULES if str(Path(path).parent).removeprefix("tests") not in folders]
    lines = (line for line in PYPROJECT.splitlines() if line.strip(" ,") not in unselected)
    (project / "pyproject.toml").write_text("\n".join(lines), encoding="utf-8")
    for path in map(project.joinpath, files):  # without caches, because mutmut skips decorated functions
        text = re.sub(r"^@lru_cache.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        path.write_text(text, encoding="utf-8")


def _describe(file: str, name: str) -> Mutant:
    changes = re.findall(r"^([-+])(?!-- |\+\+ )(.*)$", get_diff_for_mutant(name, path=file), re.MULTILINE)
    original, mutated = ("\n".join(line.strip() for sign, line in changes if sign == marker) for marker in "-+")
    return Mutant(file, re.sub(r"^.*(\.x_|ǁ)|__mutmut_\d+$", "", name), original, mutated)


def main(files: Sequence[str]) -> int:
    if unknown := set(files) - set(FILES):
        raise SystemExit(f"Unknown files: {', '.join(sorted(unknown))}. Choose from {', '.join(FILES)}.")
    verdict = Verdict()
    run_mutants(verdict, files or FILES)
    return verdict.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
