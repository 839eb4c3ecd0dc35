"""What the page on security says is shown, is there to be shown."""

import re

from tests.factories.processes.servers import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
MAKE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_promise_names_what_would_fail_if_it_were_broken() -> None:
    promises = re.findall(
        r"^\| .*? \| .*? \| (.*) \|$", PAGE.partition("## Threats")[2].partition("## What isn't")[0], re.MULTILINE
    )

    assert len(promises) > 15
    assert [each for each in promises[1:] if "`" not in each] == []


def test_what_shows_a_promise_is_there() -> None:
    paths = re.findall(r"`((?:tests|requirements)/[^`]*)`", PAGE)
    commands = re.findall(r"`make ([a-z-]+)`", PAGE)

    assert len(paths) > 15
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert [command for command in commands if f"\n{command}: " not in MAKE] == []
