"""The pool of connections, in which a request waits no longer than it has left."""

from sqlalchemy.pool import QueuePool

from app.core.db.deadline import left


class HastyPool(QueuePool):
    """Its patience is asked for each time that somebody waits."""

    __module__ = QueuePool.__module__  # which names its logger: that of SQLAlchemy's own pools
    _patience: float

    @property
    def _timeout(self) -> float:
        return left(self._patience)

    @_timeout.setter
    def _timeout(self, seconds: float) -> None:
        self._patience = seconds
