"""Load and lock members, and encrypt and decrypt their keys and identifying data."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlmodel import col

from app.accounts.addresses import address_hash, address_hashes
from app.accounts.credentials.access_tokens import BadToken, SignedInMember
from app.accounts.models import Member, MemberKey, SignedInSession
from app.core.crypto.encryption import decrypt, decrypt_json, encrypt, encrypt_json, generate_key
from app.core.crypto.key_ring import KeyRing
from app.core.db.session import Session

KEY_PURPOSE = "members' keys"


def wrap_key(ring: KeyRing, member_id: UUID, key: bytes | None = None) -> MemberKey:
    """Encrypt a member's data key with the current secret, and return it as a database row.

    A new key is generated unless `key` is given.
    """
    wrapped = encrypt(
        ring.key(ring.current, KEY_PURPOSE), key or generate_key(), associated_data=_key_associated_data(member_id)
    )
    return MemberKey(member_id=member_id, key_id=ring.current, wrapped=wrapped)


def unwrap_key(ring: KeyRing, member_id: UUID, key_id: str, wrapped: bytes) -> bytes:
    """Decrypt a member's data key.

    Raise UnknownKey if the server lacks the secret that encrypts it, or DecryptionError if decryption fails.
    """
    return decrypt(ring.key(key_id, KEY_PURPOSE), wrapped, associated_data=_key_associated_data(member_id))


def _key_associated_data(member_id: UUID) -> str:
    return f"member_keys|{member_id}"


class StoredMember(NamedTuple):
    id: UUID
    address_hash: str | None
    password_hash: str | None
    sealed: bytes
    verified_at: datetime | None
    detached_at: datetime | None
    disabled_at: datetime | None
    time_zone: str
    language: str
    country: str | None
    registered_at: datetime
    key_id: str
    wrapped: bytes

    @property
    def throttle_account(self) -> str:
        """The key under which the member's password attempts are counted."""
        return self.address_hash or str(self.id)

    def key(self, ring: KeyRing) -> bytes:
        return unwrap_key(ring, self.id, self.key_id, self.wrapped)

    def identity(self, ring: KeyRing) -> "Identity":
        return Identity.decrypt(self.key(ring), self.id, self.sealed)


class Identity(NamedTuple):
    """The email address and display name of a member, which are stored encrypted. A detached account has no address."""

    address: str | None
    display_name: str | None

    def encrypt(self, key: bytes, member_id: UUID) -> bytes:
        return encrypt_json(key, self._asdict(), associated_data=_associated_data(member_id))

    @classmethod
    def decrypt(cls, key: bytes, member_id: UUID, sealed: bytes) -> "Identity":
        return cls(**decrypt_json(key, sealed, associated_data=_associated_data(member_id)))

    @property
    def guessable_words(self) -> list[str]:
        """Words that an attacker would try first as the member's password."""
        return [word for word in (self.address, self.display_name) if word]


ACTIVE_SESSION: Select[*tuple[Any, ...]] = select(col(SignedInSession.id)).where(
    col(SignedInSession.member_id) == bindparam("member_id"),
    col(SignedInSession.id) == bindparam("session_id"),
    col(SignedInSession.expires_at) > bindparam("now"),
)
LOCKED_SESSION = ACTIVE_SESSION.join(Member, col(Member.id) == col(SignedInSession.member_id)).with_for_update(
    key_share=True, of=[Member, SignedInSession]
)
MEMBERS: Select[*tuple[Any, ...]] = (
    select(
        *(col(getattr(Member, name)) for name in StoredMember._fields[:-2]),
        col(MemberKey.key_id),
        col(MemberKey.wrapped),
    )
    .select_from(Member)
    .join(MemberKey, col(MemberKey.member_id) == col(Member.id))
)


def member_by_address(session: Session, ring: KeyRing, address: str) -> StoredMember | None:
    hashes = list(address_hashes(ring, address))
    row = session.execute(MEMBERS.where(col(Member.address_hash).in_(hashes))).first()
    return StoredMember(*row) if row else None


def member_by_id(session: Session, member_id: UUID) -> StoredMember | None:
    row = session.execute(MEMBERS.where(col(Member.id) == member_id)).first()
    return StoredMember(*row) if row else None


def load_member(session: Session, signed_in_member: SignedInMember) -> StoredMember:
    """Return the data of the signed-in member. Raise BadToken if the member no longer exists."""
    member = member_by_id(session, signed_in_member.id)
    if member is None:
        raise BadToken
    return member


def account_hash(ring: KeyRing, member: StoredMember | None, address: str) -> str:
    """Return the hash under which password attempts are counted for an email address.

    If the address has no account, attempts are counted under its hash with the current secret.
    """
    return member.throttle_account if member else address_hash(ring, ring.current, address)


def insert_member(session: Session, ring: KeyRing, member: Member, identity: Identity) -> StoredMember:
    """Insert a new member with a new data key.

    Raise IntegrityError if another account has the address. The caller must have locked the address.
    """
    key = generate_key()
    member.sealed = identity.encrypt(key, member.id)
    session.insert(member)
    session.insert(wrap_key(ring, member.id, key))
    stored = member_by_id(session, member.id)
    assert stored
    return stored


def lock_member_by_id(session: Session, member_id: UUID) -> bool:
    """Lock a member's row until the transaction ends. Return False if the member does not exist.

    Unlike `lock_member`, this does not require that the member is signed in.
    """
    statement = select(col(Member.id)).where(col(Member.id) == member_id).with_for_update(key_share=True)
    return session.execute(statement).first() is not None


def lock_unchanged_member(session: Session, member: StoredMember) -> bool:
    """Lock a member's row until the transaction ends. Return False if the member was erased or has a new address.

    The lock prevents emails to a former address and writes for a member whose account is being erased.
    """
    is_unchanged = col(Member.id) == member.id, col(Member.address_hash) == member.address_hash
    statement = select(col(Member.id)).where(*is_unchanged).with_for_update(read=True, key_share=True)
    return session.execute(statement).first() is not None


def lock_address(session: Session, ring: KeyRing, address: str) -> None:
    """Prevent other transactions from registering the same email address until this one ends.

    SQLite needs no lock, because it runs only one writing transaction at a time.
    """
    if session.dialect == "postgresql":
        key = int(address_hash(ring, min(ring.ids), address)[:15], 16)
        session.execute(select(func.pg_advisory_xact_lock(key)))


def check_session(session: Session, signed_in_member: SignedInMember, *, now: datetime) -> None:
    """Raise BadToken if the session named by the access token has ended."""
    if session.execute(ACTIVE_SESSION, session_parameters(signed_in_member, now)).first() is None:
        raise BadToken


def lock_member(
    session: Session, signed_in_member: SignedInMember, *, password_hash: str | None = None, now: datetime
) -> None:
    """Lock the member and the session, so that the writes of one member run one after the other.

    Sign-out, password change and account erasure take the same lock, so that later writes of the session are rejected.
    The member is always locked before the session, which prevents deadlocks between a member's devices.

    Raise BadToken if the session has ended, or if `password_hash` is given but is no longer the stored one.
    """
    statement = LOCKED_SESSION
    if password_hash is not None:
        statement = statement.where(col(Member.password_hash) == password_hash)
    if session.execute(statement, session_parameters(signed_in_member, now)).first() is None:
        raise BadToken


def session_parameters(signed_in_member: SignedInMember, now: datetime) -> dict[str, Any]:
    return {"member_id": signed_in_member.id, "session_id": signed_in_member.session_id, "now": now}


def _associated_data(member_id: UUID) -> str:
    return f"members|{member_id}"
