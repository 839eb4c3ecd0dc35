"""Database tables of user accounts. If a row belongs to a member, its primary key starts with the member's id."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from app.core.db.columns import SortedText, UtcDateTime
from app.core.db.table import Table


class ConsentText(Table, table=True):
    """A version of a consent text. Versions never change; old ones remain as evidence of what members agreed to."""

    __tablename__ = "consent_texts"

    purpose: str = Field(primary_key=True, sa_type=SortedText)
    version: str = Field(primary_key=True)
    title: str
    text: str
    is_current: bool


class Member(Table, table=True):
    """A registered user. `sealed` contains the encrypted email address and display name.

    For lookups, the address is also stored as a keyed hash.
    """

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
    """A member's data key, with which the member's data is encrypted.

    The key itself is encrypted with the secret `key_id`. The hash of the member's email address uses the same secret.
    """

    __tablename__ = "member_keys"

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    key_id: str = Field(index=True)
    wrapped: bytes


class SignedInSession(Table, table=True):
    """A member's sign-in on one device. Rows are deleted when sessions end.

    `counter` is the counter of the current refresh token. `sealed` contains the encrypted key that signs the refresh
    tokens, the device name and the network range. Each refresh extends `expires_at`, but never beyond `ends_at`.
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
    """A single-use token that was sent in an email link. Only its hash is stored.

    If the link changes the member's email address, the column `sealed` contains the new address, encrypted.
    """

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
    """A member's decision to grant or withdraw a consent. Only the decision with the highest number applies.

    Rows are never changed.
    """

    __tablename__ = "member_consents"
    __table_args__ = (CheckConstraint("number >= 1", name="counted_from_one"),)

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    purpose: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    granted: bool
    version: str
    decided_at: datetime = Field(sa_type=UtcDateTime)


class AuditEvent(Table, table=True):
    """A security event of an account, such as a sign-in.

    `subject` is the member's id. If the event is the erasure of the account, it is a keyed hash of that id.
    """

    __tablename__ = "audit_events"

    subject: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=uuid4)
    event: str
    session_id: UUID | None = None
    happened_at: datetime = Field(sa_type=UtcDateTime, index=True)


class AttemptCounter(Table, table=True):
    """Counts recent password attempts or emails for an account, a network, or an account in a network.

    `account` is the keyed hash of an email address, or a member's id. `network` is a keyed hash.
    """

    __tablename__ = "attempts"
    __table_args__ = (CheckConstraint("kind IN ('guess', 'known', 'mail')", name="known_kind"),)

    kind: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    network: str = Field(primary_key=True)
    tries: int
    since: datetime = Field(sa_type=UtcDateTime)
    last_at: datetime = Field(sa_type=UtcDateTime, index=True)
