"""Summarize what a database or backup contains, and check whether this version can use it."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, MetaData, String, Table, func, inspect, select
from sqlmodel import col

from app.accounts.models import Member
from app.core.db.migrations import REVISION_TABLE, revisions

VERSION_TABLE, RESTORED_VERSION_TABLE = (  # the second table stores the real revision during a restore
    Table(name, MetaData(), Column("version_num", String(32), primary_key=True))
    for name in (REVISION_TABLE, "restored_version")
)
# Marks an unfinished restore. It sorts before all real revisions, so servers consider the database outdated.
UNFINISHED_RESTORE = "0-unfinished-restore"


class BackupError(Exception):
    """A backup or restore has failed. The message explains the problem and what to do about it."""


@dataclass(frozen=True, slots=True)
class DatabaseContents:
    revision: str | None  # None if there are no tables of this application
    members: int
    is_empty: bool

    @classmethod
    def read(cls, connection: Connection) -> "DatabaseContents":
        names = set(inspect(connection).get_table_names())
        has_revision = VERSION_TABLE.name in names
        return cls(
            revision=connection.scalar(select(VERSION_TABLE.c.version_num)) if has_revision else None,
            members=connection.scalar(select(func.count(col(Member.id)))) or 0 if Member.__tablename__ in names else 0,
            is_empty=names <= {VERSION_TABLE.name},
        )

    @property
    def is_replaceable(self) -> bool:
        """Whether a restore may overwrite the database: it is empty, has no members, or is an unfinished restore."""
        return self.is_empty or self.revision == UNFINISHED_RESTORE or (self.revision is not None and not self.members)

    def require_complete(self, name: object) -> "DatabaseContents":
        """Raise BackupError if the database was only partly restored, or is not one of this application."""
        if self.revision == UNFINISHED_RESTORE:
            raise BackupError(f"{name} is an interrupted restore. Run `twentyone restore` again.")
        if self.revision is None:
            raise BackupError(f"{name} has no tables of this application.")
        return self


def require_known_revision(name: object, revision: str | None) -> None:
    """Raise BackupError if this version cannot migrate a database from the given revision."""
    if revision not in revisions():
        raise BackupError(
            f"{name} has revision {revision}, which this version doesn't support. "
            "Restore it with the version that created it."
        )
