"""The last step of a restore: erase members again who were erased after the backup was made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.accounts.admin.key_rotation import key_usage
from app.accounts.services import AccountServices
from app.backups.database_contents import DatabaseContents
from app.core.db.database import Database
from app.core.settings import Settings
from app.privacy.erasure import reapply_erasures
from app.privacy.erasure_log import ErasureLog


@dataclass(frozen=True, slots=True)
class RestoreResult:
    members: int
    erased: int
    missing_erasure_keys: frozenset[str]  # ids of secrets that the erasure log needs but the key ring lacks
    missing_member_keys: frozenset[str]  # ids of secrets that encrypted data needs but the key ring lacks


FinishRestore = Callable[[Database], RestoreResult]  # called with the restored, fully migrated database


def finish_restore(database: Database, settings: Settings, *, now: datetime) -> RestoreResult:
    """Repeat the erasures in the erasure log, and summarize the restored database.

    Raise UnknownKey if the key ring lacks a required secret, or ErasureLogUnwritable if the log cannot be written.
    """
    erased, missing_erasure_keys = reapply_erasures(
        database, AccountServices.of(settings), ErasureLog(settings.erasures, settings.ring), now=now
    )
    with database.autocommit() as session:
        missing_member_keys = set(key_usage(session)) - set(settings.ring.ids)
        return RestoreResult(
            members=DatabaseContents.read(session.connection).members,
            erased=erased,
            missing_erasure_keys=frozenset(missing_erasure_keys),
            missing_member_keys=frozenset(missing_member_keys),
        )
