"""Tests for log output on standard error: a line that can't be written is ignored."""

import io
import sys

import pytest
import structlog

from app.core import logs


class FullDisk(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def test_line_that_cannot_be_written_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    logs.configure("info")
    log = structlog.get_logger("app.test")
    monkeypatch.setattr(sys, "stderr", FullDisk())

    log.critical("first")
    log.info("second")

    output = io.StringIO()
    monkeypatch.setattr(sys, "stderr", output)
    log.info("third")
    assert "third" in output.getvalue()
