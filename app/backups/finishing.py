"""The last of a restore: whoever was erased since the backup is erased again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.accounts.admin.key_rotation import in_use
from app.accounts.services import AccountServices
from app.backups.contents import Contents
from app.core.db.database import Database
from app.core.settings import Settings
from app.privacy.erasure import reapply
from app.privacy.erasure_log import Erasures


@dataclass(frozen=True, slots=True)
class Restored:
    members: int
    erased: int
    unread_marks: frozenset[str]  # the secrets of erasures that nobody could be found by
    missing: frozenset[str]  # the secrets without which members can't be opened


Finish = Callable[[Database], Restored]  # with a database whose tables are those of this version


def finish(database: Database, settings: Settings, *, now: datetime) -> Restored:
    """Raises UnknownKey and ErasuresUnwritable."""
    erased, unread = reapply(
        database, AccountServices.of(settings), Erasures(settings.erasures, settings.ring), now=now
    )
    with database.reading() as session:
        missing = set(in_use(session)) - set(settings.ring.ids)
        return Restored(Contents.of(session.connection).members, erased, frozenset(unread), frozenset(missing))
