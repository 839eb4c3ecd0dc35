"""Members as services find them: by address or by id, with what is needed to open what is sealed."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlmodel import col

from app.accounts.addresses import address_hash, address_hashes
from app.accounts.credentials.access_tokens import BadToken, SignedInMember
from app.accounts.models import Member, MemberKey, SignedInSession
from app.core.crypto.encryption import new_key, seal, seal_json, unseal, unseal_json
from app.core.crypto.key_ring import KeyRing
from app.core.db.session import Session

PURPOSE = "members' keys"


def wrapped_key(ring: KeyRing, member_id: UUID, key: bytes | None = None) -> MemberKey:
    """A row with a key, a new one unless given, wrapped by the secret in use."""
    wrapped = seal(ring.key(ring.current, PURPOSE), key or new_key(), bound_to=_key_place(member_id))
    return MemberKey(member_id=member_id, key_id=ring.current, wrapped=wrapped)


def unwrapped_key(ring: KeyRing, member_id: UUID, key_id: str, wrapped: bytes) -> bytes:
    """Raises UnknownKey and Broken."""
    return unseal(ring.key(key_id, PURPOSE), wrapped, bound_to=_key_place(member_id))


def _key_place(member_id: UUID) -> str:
    return f"member_keys|{member_id}"


class FoundMember(NamedTuple):
    id: UUID
    address_hash: str
    password_hash: str
    sealed: bytes
    verified_at: datetime | None
    time_zone: str
    language: str
    registered_at: datetime
    key_id: str
    wrapped: bytes

    def key(self, ring: KeyRing) -> bytes:
        return unwrapped_key(ring, self.id, self.key_id, self.wrapped)

    def identity(self, ring: KeyRing) -> "Identity":
        return Identity.unsealed(self.key(ring), self.id, self.sealed)


class Identity(NamedTuple):
    """Who a member is to others: what is sealed in their row."""

    address: str
    display_name: str | None

    def seal(self, key: bytes, member_id: UUID) -> bytes:
        return seal_json(key, self._asdict(), bound_to=_place(member_id))

    @classmethod
    def unsealed(cls, key: bytes, member_id: UUID, sealed: bytes) -> "Identity":
        return cls(**unseal_json(key, sealed, bound_to=_place(member_id)))

    @property
    def words(self) -> list[str]:
        """What others would try first as a password."""
        return [self.address, *([self.display_name] if self.display_name else [])]


ACTIVE_SESSION: Select[*tuple[Any, ...]] = select(col(SignedInSession.id)).where(
    col(SignedInSession.member_id) == bindparam("member_id"),
    col(SignedInSession.id) == bindparam("session_id"),
    col(SignedInSession.expires_at) > bindparam("now"),
)
LOCKED = ACTIVE_SESSION.join(Member, col(Member.id) == col(SignedInSession.member_id)).with_for_update(
    key_share=True, of=[Member, SignedInSession]
)
MEMBERS: Select[*tuple[Any, ...]] = (
    select(
        col(Member.id),
        col(Member.address_hash),
        col(Member.password_hash),
        col(Member.sealed),
        col(Member.verified_at),
        col(Member.time_zone),
        col(Member.language),
        col(Member.registered_at),
        col(MemberKey.key_id),
        col(MemberKey.wrapped),
    )
    .select_from(Member)
    .join(MemberKey, col(MemberKey.member_id) == col(Member.id))
)


def member_by_address(reading: Session, ring: KeyRing, address: str) -> FoundMember | None:
    hashes = list(address_hashes(ring, address))
    row = reading.execute(MEMBERS.where(col(Member.address_hash).in_(hashes))).first()
    return FoundMember(*row) if row else None


def member_by_id(reading: Session, member_id: UUID) -> FoundMember | None:
    row = reading.execute(MEMBERS.where(col(Member.id) == member_id)).first()
    return FoundMember(*row) if row else None


def signed_in_member(reading: Session, access: SignedInMember) -> FoundMember:
    """Raises BadToken."""
    member = member_by_id(reading, access.id)
    if member is None:
        raise BadToken
    return member


def account_of(ring: KeyRing, member: FoundMember | None, address: str) -> str:
    """The hash that an address is counted under, whether or not anybody is known by it."""
    return member.address_hash if member else address_hash(ring, ring.current, address)


def lock_row(session: Session, member_id: UUID) -> bool:
    """As `lock_member`, for those who act on a member without being signed in; whether the member is there."""
    locked = select(col(Member.id)).where(col(Member.id) == member_id).with_for_update(key_share=True)
    return session.execute(locked).first() is not None


def hold_row(session: Session, member: FoundMember) -> bool:
    """Whether the member is still there, at this address. They neither leave nor move before this is over, so that
    nothing is written to nobody, and no mail goes where they aren't any longer.
    """
    same = col(Member.id) == member.id, col(Member.address_hash) == member.address_hash
    held = select(col(Member.id)).where(*same).with_for_update(read=True, key_share=True)
    return session.execute(held).first() is not None


def claim_address(session: Session, ring: KeyRing, address: str) -> None:
    """Let nobody else take an address before this is over, under whichever secret they would hash it."""
    if session.dialect == "postgresql":
        key = int(address_hash(ring, min(ring.ids), address)[:15], 16)
        session.execute(select(func.pg_advisory_xact_lock(key)))


def check_session(session: Session, access: SignedInMember, *, now: datetime) -> None:
    """Raises BadToken unless the session goes on."""
    if session.execute(ACTIVE_SESSION, sign_in_values(access, now)).first() is None:
        raise BadToken


def lock_member(session: Session, access: SignedInMember, *, password_hash: str | None = None, now: datetime) -> None:
    """Begin what is written for a member: one member's writes go one after the other.

    What is written is therefore written before they sign out, change their password or are erased, or not at all.
    Raises BadToken unless the session goes on, and the password is still the one that was looked at. (On PostgreSQL
    the member is locked before the session, always, so that two of their devices never wait for each other.)
    """
    statement = LOCKED
    if password_hash is not None:
        statement = statement.where(col(Member.password_hash) == password_hash)
    if session.execute(statement, sign_in_values(access, now)).first() is None:
        raise BadToken


def sign_in_values(access: SignedInMember, now: datetime) -> dict[str, Any]:
    return {"member_id": access.id, "session_id": access.session_id, "now": now}


def _place(member_id: UUID) -> str:
    return f"members|{member_id}"
