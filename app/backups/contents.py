"""What a database or a copy of it holds, as far as anybody may be told, and whether this version can use it."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, MetaData, String, Table, func, inspect, select
from sqlmodel import col

from app.accounts.models import Member
from app.core.db.migrations import VERSIONS, revisions

VERSION, RESTORED = (  # the latter is where a restore's own tables are, until it is finished
    Table(name, MetaData(), Column("version_num", String(32), primary_key=True))
    for name in (VERSIONS, "restored_version")
)
UNFINISHED = "0-unfinished-restore"  # stands for the revision meanwhile: older than any, so that no server is ready


class NotDone(Exception):
    """There is no backup, or no restore; the message says why, and what would help."""


@dataclass(frozen=True, slots=True)
class Contents:
    revision: str | None  # None: the tables aren't ours, or there are none
    members: int
    is_empty: bool

    @classmethod
    def of(cls, connection: Connection) -> "Contents":
        names = set(inspect(connection).get_table_names())
        known = VERSION.name in names
        return cls(
            revision=connection.scalar(select(VERSION.c.version_num)) if known else None,
            members=connection.scalar(select(func.count(col(Member.id)))) or 0 if Member.__tablename__ in names else 0,
            is_empty=names <= {VERSION.name},
        )

    @property
    def may_go(self) -> bool:
        """Nothing is in it but, perhaps, what can be loaded again."""
        return self.is_empty or self.revision == UNFINISHED or (self.revision is not None and not self.members)

    def check(self, what: object) -> "Contents":
        """Raises NotDone unless this is a whole database of ours."""
        if self.revision == UNFINISHED:
            raise NotDone(f"{what} holds a restore that was interrupted: run `twentyone restore` again.")
        if self.revision is None:
            raise NotDone(f"{what} holds no tables of this application.")
        return self


def check_known(what: object, revision: str | None) -> None:
    """Raises NotDone when this version can't migrate from there."""
    if revision not in revisions():
        raise NotDone(f"{what} has tables of {revision}, which this version doesn't know: restore it with its own.")
