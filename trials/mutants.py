"""Mutation testing: in the files that decide most, mutmut makes one small fault after another, and the tests of each
file must notice. `python -m trials.mutants [FILE...]`, two minutes for all.

What no test can notice is listed in survivors.yaml, with its reason. mutmut leaves alone what stands outside functions
(constants, patterns) and properties.
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
LIST = Path(__file__).with_name("survivors.yaml")
NEEDED = ("app", "tests", "trials", "seed_content")  # to collect the tests
LEAST = 90  # per cent
PLUGINS = ("no:cacheprovider", "_hypothesis_pytestplugin", "trials.without_databases")  # and no others
QUICKLY = ("--noconftest", "--hypothesis-profile=ci", *(f"-p{plugin}" for plugin in PLUGINS))
KILLED = {"killed", "timeout"}  # whoever goes round in circles is noticed, too
FILES = {
    "app/core/crypto/encryption.py": "encryption",
    "app/accounts/credentials/access_tokens.py": "access_tokens access_tokens_again",
    "app/accounts/credentials/refresh_tokens.py": "refresh_tokens",
    "app/assessments/rules/scoring.py": (
        "scoring_properties golden missing_answers precision skip_logic explained styles"
    ),
    "app/assessments/rules/reliable_change.py": "reliable_change",
    "app/journey/rules/schedule.py": "schedule pauses flights progress streaks",
    "app/journey/rules/streaks.py": "streaks",
    "app/journey/rules/merge.py": "merge",
}  # each with the tests that have to notice


class Mutant(NamedTuple):
    """Lines of a function, and what they were changed to."""

    file: str
    function: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.function}\n  - {self.was}\n  + {self.now}"


class Tried(NamedTuple):
    mutants: int
    survivors: list[Mutant]


def noticing(file: str) -> list[str]:
    folder = "tests" / Path(file).parent.relative_to("app")
    return [f"{folder}/test_{name}.py" for name in FILES[file].split()]


def tried(file: str) -> Tried:
    """How many mutants of a file there were, and which of them nobody noticed."""
    with TemporaryDirectory(prefix="twentyone-mutants-") as folder:
        place = Path(folder)
        _furnish(place, file)
        _mutmut(place, "run", "--max-children", "2")
        states = re.findall(r"^ +(\S+): (.+)$", _mutmut(place, "results", "--all", "true"), re.MULTILINE)
        left = [name for name, state in states if state not in KILLED]
        return Tried(len(states), [_shown(file, name, _mutmut(place, "show", name)) for name in left])


def _furnish(place: Path, file: str) -> None:
    for name in NEEDED:
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    # What the original had kept, its mutants would be given; and mutmut leaves decorated functions out.
    text = (place / file).read_text(encoding="utf-8")
    (place / file).write_text(re.sub(r"^@lru_cache.*\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    settings = {
        "source_paths": ["app"],
        "only_mutate": [file],
        "also_copy": list(NEEDED),
        "pytest_add_cli_args": list(QUICKLY),
        "pytest_add_cli_args_test_selection": noticing(file),
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (place / "pyproject.toml").write_text("\n".join([project, "[tool.mutmut]", *lines]), encoding="utf-8")


def _mutmut(place: Path, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(f"mutmut {arguments[0]} failed:\n{done.stdout[-5000:]}{done.stderr[-5000:]}")
    return done.stdout


def _shown(file: str, name: str, difference: str) -> Mutant:
    changes = re.findall(r"^([-+])(?!-- |\+\+ )(.*)$", difference, re.MULTILINE)
    was, now = ("\n".join(line.strip() for sign, line in changes if sign == wanted) for wanted in "-+")
    function = re.sub(r"^.*(\.x_|ǁ)|__mutmut_\d+$", "", name)
    return Mutant(file, function, was, now)


def listed() -> Iterator[tuple[Mutant, str]]:
    """The mutants that no test can notice, each with its reason."""
    for file, functions in yaml.safe_load(LIST.read_text(encoding="utf-8")).items():
        for function, mutants in functions.items():
            yield from ((Mutant(file, function, each["was"], each["now"]), each["why"]) for each in mutants)


def told(mutants: Iterable[Mutant]) -> str:
    return "".join(f"\n{each}" for each in sorted(mutants))


def judge(verdict: Verdict, file: str, found: Tried) -> None:
    survivors, known = set(found.survivors), {mutant for mutant, _ in listed() if mutant.file == file}
    killed = found.mutants - len(found.survivors)
    verdict.expect(
        f"{file}: {LEAST} % of its mutants are noticed",
        found.mutants > 0 and 100 * killed >= LEAST * found.mutants,
        f"{killed} of {found.mutants}, {100 * killed / max(found.mutants, 1):.1f} %",
    )
    verdict.expect(f"{file}: whatever survives is listed with a reason", survivors <= known, told(survivors - known))
    verdict.expect(f"{file}: whatever is listed survives", known <= survivors, told(known - survivors))


def try_mutants(verdict: Verdict, files: Sequence[str]) -> None:
    for file in files:
        judge(verdict, file, tried(file))


def main(argv: Sequence[str]) -> int:
    unknown = set(argv) - FILES.keys()
    if unknown:
        raise SystemExit(f"{', '.join(sorted(unknown))}: not among {', '.join(FILES)}.")
    verdict = Verdict()
    try_mutants(verdict, argv or list(FILES))
    return verdict.told()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
