"""Every table that keeps something about a member: how its rows are found, and whether they are health data.

A test walks the metadata: a table is content, or it is listed here. `exported_as` is the part of an export that holds
it, or the reason why none does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col

from app.accounts.addresses import address_hashes
from app.accounts.members import FoundMember
from app.accounts.models import Attempts, AuditEvent, MailedToken, Member, MemberConsent, MemberKey, SignedInSession
from app.assessments.models import DeletedResult, Draft, Result
from app.bookmarks.models import Bookmark
from app.core.crypto.encryption import Broken
from app.core.crypto.key_ring import KeyRing, UnknownKey
from app.core.db.table import Table
from app.core.mail.outbox import OutboxMail
from app.journey.models import AppliedChange, Calendar, DayNote, Run, RunDay


class Subject(NamedTuple):
    """The member whom it is about: by id, and by what their address may be counted under."""

    id: UUID
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    table: type[Any]
    belongs_to: Callable[[Subject], ColumnElement[bool]]
    exported_as: str
    is_health: bool = False
    noted_in: type[Table] | None = None  # what remembers the ids of its rows that were deleted
    health_column: str | None = None  # the one that is emptied with the health data, where a row has to stay


def _mine(table: type[Any]) -> Callable[[Subject], ColumnElement[bool]]:
    return lambda subject: col(table.member_id) == subject.id


# In the order in which they are erased: what refers to something goes before it.
HOLDINGS = (
    Holding(DayNote, _mine(DayNote), "runs", is_health=True),
    Holding(
        AppliedChange,
        _mine(AppliedChange),
        "not exported: ids of changes that were merged, so that none counts twice; what they said is in the days",
        health_column="body_hash",
    ),
    Holding(Calendar, _mine(Calendar), "runs"),
    Holding(RunDay, _mine(RunDay), "runs"),
    Holding(Run, _mine(Run), "runs"),
    Holding(Bookmark, _mine(Bookmark), "bookmarks"),
    Holding(Draft, _mine(Draft), "drafts", is_health=True),
    Holding(Result, _mine(Result), "results", is_health=True, noted_in=DeletedResult),
    Holding(
        DeletedResult,
        _mine(DeletedResult),
        "not exported: ids of deleted results, so that no device brings one back; nothing else of them is kept",
    ),
    Holding(SignedInSession, _mine(SignedInSession), "sessions"),
    Holding(MailedToken, _mine(MailedToken), "links"),
    Holding(MemberConsent, _mine(MemberConsent), "consents"),
    Holding(OutboxMail, _mine(OutboxMail), "mails"),
    Holding(AuditEvent, lambda subject: col(AuditEvent.subject) == str(subject.id), "security_events"),
    Holding(
        Attempts,
        lambda subject: col(Attempts.account).in_(subject.accounts),
        "not exported: counters under keyed hashes, which are forgotten within a day, networks within half a year",
    ),
    Holding(
        MemberKey,
        _mine(MemberKey),
        "not exported: the key of what is sealed, all of which an export holds unsealed",
    ),
    Holding(Member, lambda subject: col(Member.id) == subject.id, "account"),
)


def subject_of(ring: KeyRing, member: FoundMember) -> Subject:
    """Also of a member whose key can't be opened: they can be erased all the same."""
    accounts = (member.address_hash, str(member.id))
    try:
        return Subject(member.id, (*accounts, *address_hashes(ring, member.identity(ring).address)))
    except (UnknownKey, Broken):
        return Subject(member.id, accounts)
