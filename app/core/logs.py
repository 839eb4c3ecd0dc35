"""Logs: JSON lines for machines, readable ones on a terminal. Values come as fields, never inside the text."""

import logging
import sys
from contextlib import suppress
from typing import TextIO

import structlog
from structlog.typing import Processor
from typing_extensions import override

SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class Lines:
    """Writes our own lines, without the detour by `logging`, which is most of what a line costs."""

    def __init__(self, name: str = "app") -> None:
        self.name = name

    def msg(self, line: str) -> None:
        """What can't be written, as on a full disk, is lost, and nothing with it."""
        with suppress(OSError, ValueError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    debug = info = warning = error = exception = critical = msg


class StandardError(logging.StreamHandler[TextIO]):
    """Writes to whatever standard error is at the time, as tests and process managers exchange it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    @override
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def configure(level: str) -> None:
    """Send our own and every library's lines one way, to standard error."""
    last: list[Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if sys.stderr.isatty()
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*SHARED, *last],
        logger_factory=Lines,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if not isinstance(each, StandardError)] + [handler]
    root.setLevel(level.upper())
    logging.getLogger("alembic").setLevel(logging.WARNING)
