"""Log lines go straight to standard error, and never stand in anybody's way."""

import io
import sys

import pytest
import structlog

from app.core import logs


class Full(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_line_that_can_not_be_written_is_lost_and_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    logs.configure("info")
    log = structlog.get_logger("app.test")
    monkeypatch.setattr(sys, "stderr", Full())

    log.critical("on_fire")
    log.info("after")

    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    log.info("again")
    assert "again" in written.getvalue()
