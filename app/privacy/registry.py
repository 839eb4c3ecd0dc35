"""List of all database tables with personal data, for export and erasure.

A test fails if a table is not listed here, unless it is known to contain no personal data.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, false
from sqlmodel import col

from app.accounts.addresses import address_hashes
from app.accounts.members import StoredMember
from app.accounts.models import (
    AttemptCounter,
    AuditEvent,
    MailBudget,
    MailedToken,
    Member,
    MemberConsent,
    MemberKey,
    SignedInSession,
    SignInCode,
)
from app.assessments.models import DeletedResult, Draft, Result
from app.bookmarks.models import Bookmark
from app.core.crypto.encryption import DecryptionError
from app.core.crypto.key_ring import KeyRing, UnknownKey
from app.core.db.table import Table
from app.core.mail.outbox import OutboxMail
from app.journey.models import AppliedChange, Calendar, DayNote, Run, RunDay


class DataSubject(NamedTuple):
    """A member whose data is exported or erased.

    `throttle_keys` are the keys of the member's counters of password attempts and emails.
    """

    id: UUID
    throttle_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonalDataTable:
    """A database table with personal data.

    `exported_as` names the field of `Export` that contains the data, or explains why it is not exported.
    """

    table: type[Any]
    belongs_to: Callable[[DataSubject], ColumnElement[bool]]
    exported_as: str
    is_health_data: bool = False
    tombstones: type[Table] | None = None  # if set, this table records the ids of deleted rows
    health_column: str | None = None  # if set, erasing health data empties this column, but does not delete the row


def _by_member_id(table: type[Any]) -> Callable[[DataSubject], ColumnElement[bool]]:
    return lambda subject: col(table.member_id) == subject.id


# In the order of erasure: referencing tables precede the tables that they reference.
PERSONAL_DATA = (
    PersonalDataTable(DayNote, _by_member_id(DayNote), "runs", is_health_data=True),
    PersonalDataTable(
        AppliedChange,
        _by_member_id(AppliedChange),
        "not exported: ids of merged offline changes, stored to apply each only once; their content is in the days",
        health_column="body_hash",
    ),
    PersonalDataTable(Calendar, _by_member_id(Calendar), "runs"),
    PersonalDataTable(RunDay, _by_member_id(RunDay), "runs"),
    PersonalDataTable(Run, _by_member_id(Run), "runs"),
    PersonalDataTable(Bookmark, _by_member_id(Bookmark), "bookmarks"),
    PersonalDataTable(Draft, _by_member_id(Draft), "drafts", is_health_data=True),
    PersonalDataTable(Result, _by_member_id(Result), "results", is_health_data=True, tombstones=DeletedResult),
    PersonalDataTable(
        DeletedResult,
        _by_member_id(DeletedResult),
        "not exported: ids of deleted results, stored so that no device restores one",
    ),
    PersonalDataTable(SignedInSession, _by_member_id(SignedInSession), "sessions"),
    PersonalDataTable(MailedToken, _by_member_id(MailedToken), "links"),
    PersonalDataTable(MemberConsent, _by_member_id(MemberConsent), "consents"),
    PersonalDataTable(OutboxMail, _by_member_id(OutboxMail), "mails"),
    PersonalDataTable(AuditEvent, lambda subject: col(AuditEvent.subject) == str(subject.id), "security_events"),
    PersonalDataTable(
        AttemptCounter,
        lambda subject: col(AttemptCounter.account).in_(subject.throttle_keys),
        "not exported: counters under keyed hashes, deleted within a day, or half a year for known networks",
    ),
    PersonalDataTable(
        MailBudget,
        lambda subject: col(MailBudget.account) == str(subject.id),
        "not exported: counters, deleted within two days. Those under the keyed hash of the address are not erased. "
        "Otherwise, registering an address again after an erasure would renew its mail budgets",
    ),
    PersonalDataTable(
        SignInCode,
        lambda _subject: false(),
        "not exported: keyed hashes of codes, deleted within an hour after ten minutes. They are not erased, because "
        "the owner of the mailbox may be another person than the one who registered the address",
    ),
    PersonalDataTable(
        MemberKey,
        _by_member_id(MemberKey),
        "not exported: the key of the encrypted data, which an export contains decrypted",
    ),
    PersonalDataTable(Member, lambda subject: col(Member.id) == subject.id, "account"),
)


def data_subject(ring: KeyRing, member: StoredMember) -> DataSubject:
    """Return the id and the counter keys that identify a member's rows.

    If the member's data key cannot be decrypted, only counters under the stored hash of the email address are included.
    """
    throttle_keys = (member.throttle_account, str(member.id))
    try:
        address = member.identity(ring).address
    except (UnknownKey, DecryptionError):
        address = None
    return DataSubject(member.id, (*throttle_keys, *(address_hashes(ring, address) if address else ())))
