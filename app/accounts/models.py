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

    For lookups, the address is also stored as a keyed hash. A detached account (`detached_at`) has no address, because
    another person proved to own it. An account that was created by signing in with a code has no password.
    """

    __tablename__ = "members"

    id: UUID = Field(primary_key=True, default_factory=uuid4)
    address_hash: str | None = Field(default=None, unique=True)
    sealed: bytes
    password_hash: str | None = None
    time_zone: str
    language: str
    country: str | None = None
    registered_at: datetime = Field(sa_type=UtcDateTime)
    verified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    detached_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_seen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reminders: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


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

    `counter` is the counter of the current refresh token. `successors` is the number of tokens that were issued in
    exchange for the previous token: the current one and those that it replaced. `sealed` contains the encrypted key
    that signs the refresh tokens, the device name and the network range. Each refresh extends `expires_at`, but never
    beyond `ends_at`. `proven_at` is the time of the latest proof of identity in this session, such as the sign-in.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("counter >= 0", name="counts_up"),
        CheckConstraint("successors >= 1", name="has_successor"),
    )

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    id: UUID = Field(primary_key=True, default_factory=uuid4)
    counter: int
    successors: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    sealed: bytes
    started_at: datetime = Field(sa_type=UtcDateTime)
    refreshed_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    proven_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MailedToken(Table, table=True):
    """The token of an emailed link, and the code that accompanies the link. Only their hashes are stored.

    If the link changes the member's email address, the column `sealed` contains the new address, encrypted. The hash of
    the code is keyed. `request_id` is the id of the client's request for the email, if the client sent one.
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
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    code_digest: str | None = None
    code_tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    code_expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    request_id: UUID | None = None


class SignInCode(Table, table=True):
    """An emailed code for signing in. Only its keyed hash is stored.

    `account` is the keyed hash of the email address, which may have no account. `language` is that of the email.
    """

    __tablename__ = "sign_in_codes"

    account: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=uuid4)
    request_id: UUID | None = None
    digest: str
    tries: int = 0
    language: str
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class MailBudget(Table, table=True):
    """Counts the emails of one kind to an address, or by a member, in the current hour and the current day.

    `account` is the keyed hash of an email address, or a member's id.
    """

    __tablename__ = "mail_budgets"

    account: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    hour_since: datetime = Field(sa_type=UtcDateTime)
    hour_count: int = 0
    day_since: datetime = Field(sa_type=UtcDateTime, index=True)
    day_count: int = 0


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
    """Counts recent password attempts for an account, a network, or an account in a network.

    `account` is the keyed hash of an email address, or the id of a member without one. `network` is a keyed hash. The
    kind `mail` is no longer used.
    """

    __tablename__ = "attempts"
    __table_args__ = (CheckConstraint("kind IN ('guess', 'known', 'mail')", name="known_kind"),)

    kind: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    network: str = Field(primary_key=True)
    tries: int
    since: datetime = Field(sa_type=UtcDateTime)
    last_at: datetime = Field(sa_type=UtcDateTime, index=True)
