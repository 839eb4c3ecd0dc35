"""Tests that the checks listed in docs/security.md exist."""

import re

from tests.factories.processes.servers import ROOT

SECURITY_PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_security_promise_names_its_check() -> None:
    promises = re.findall(
        r"^\| .*? \| .*? \| (.*) \|$",
        SECURITY_PAGE.partition("## Threats")[2].partition("## Limits")[0],
        re.MULTILINE,
    )

    assert len(promises) > 15
    assert [promise for promise in promises[1:] if "`" not in promise] == []


def test_checks_of_security_promises_exist() -> None:
    paths = re.findall(r"`((?:tests|requirements)/[^`]*)`", SECURITY_PAGE)
    commands = re.findall(r"`make ([a-z-]+)`", SECURITY_PAGE)

    assert len(paths) > 15
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert [command for command in commands if f"\n{command}: " not in MAKEFILE] == []
