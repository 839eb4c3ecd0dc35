"""Members and what belongs to their account. Every member's table leads its key with the member's id."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from app.core.db.columns import SortedText, UtcDateTime
from app.core.db.table import Table


class ConsentText(Table, table=True):
    """What people are asked to agree to. A version never changes; an older one stays, for those who agreed to it."""

    __tablename__ = "consent_texts"

    purpose: str = Field(primary_key=True, sa_type=SortedText)
    version: str = Field(primary_key=True)
    title: str
    text: str
    is_current: bool


class Member(Table, table=True):
    """The address is stored as a keyed hash, to be found by, and sealed beside the display name, to write to."""

    __tablename__ = "members"

    id: UUID = Field(primary_key=True, default_factory=uuid4)
    address_hash: str = Field(unique=True)
    sealed: bytes
    password_hash: str
    time_zone: str
    language: str
    registered_at: datetime = Field(sa_type=UtcDateTime)
    verified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MemberKey(Table, table=True):
    """The key of everything that is sealed for a member, wrapped by the ring's secret `key_id`, which also keys the
    hash of their address.
    """

    __tablename__ = "member_keys"

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    key_id: str = Field(index=True)
    wrapped: bytes


class SignedInSession(Table, table=True):
    """Somebody signed in on one device. A session that was ended is gone.

    The refresh token in use carries `counter`; `sealed` holds the key that authenticates it, the device's name and
    its coarse place. `expires_at` moves with every refresh, up to `ends_at`.
    """

    __tablename__ = "sessions"
    __table_args__ = (CheckConstraint("counter >= 0", name="counts_up"),)

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    id: UUID = Field(primary_key=True, default_factory=uuid4)
    counter: int
    sealed: bytes
    started_at: datetime = Field(sa_type=UtcDateTime)
    refreshed_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    ends_at: datetime = Field(sa_type=UtcDateTime)


class MailedToken(Table, table=True):
    """A link that was mailed, as the hash of its token. `sealed` is the address that it would change to."""

    __tablename__ = "mailed_tokens"
    __table_args__ = (
        CheckConstraint("purpose IN ('verify', 'move', 'reset')", name="known_purpose"),
        CheckConstraint("(purpose = 'move') = (sealed IS NOT NULL)", name="address_to_move_to"),
    )

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    purpose: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    sealed: bytes | None = None
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class MemberConsent(Table, table=True):
    """One decision about one purpose; the highest number is the one that counts. Rows are only ever added."""

    __tablename__ = "member_consents"
    __table_args__ = (CheckConstraint("number >= 1", name="counted_from_one"),)

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    purpose: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    granted: bool
    version: str
    decided_at: datetime = Field(sa_type=UtcDateTime)


class AuditEvent(Table, table=True):
    """Something that matters to an account's security. The subject is a member's id, or the keyed hash that an erased
    member leaves.
    """

    __tablename__ = "audit_events"

    subject: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=uuid4)
    event: str
    session_id: UUID | None = None
    happened_at: datetime = Field(sa_type=UtcDateTime, index=True)


class Attempts(Table, table=True):
    """How often something was tried of late, for an account, from a network, or both. An account is the keyed hash of
    an address, or a member's id; a network is a keyed hash.
    """

    __tablename__ = "attempts"
    __table_args__ = (CheckConstraint("kind IN ('guess', 'known', 'mail')", name="known_kind"),)

    kind: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    network: str = Field(primary_key=True)
    tries: int
    since: datetime = Field(sa_type=UtcDateTime)
    last_at: datetime = Field(sa_type=UtcDateTime, index=True)
