"""Each member's own key: made when they register, wrapped by the ring, gone when they are erased."""

from uuid import UUID

from app.accounts.models import MemberKey
from app.core.keyring import KeyRing
from app.core.sealing import new_key, seal, unseal

PURPOSE = "members' keys"


def wrapped_key(ring: KeyRing, member_id: UUID, key: bytes | None = None) -> MemberKey:
    """A row with a key, a new one unless given, wrapped by the secret in use."""
    wrapped = seal(ring.key(ring.current, PURPOSE), key or new_key(), bound_to=_place(member_id))
    return MemberKey(member_id=member_id, key_id=ring.current, wrapped=wrapped)


def unwrapped_key(ring: KeyRing, member_id: UUID, key_id: str, wrapped: bytes) -> bytes:
    """Raises UnknownKey and Broken."""
    return unseal(ring.key(key_id, PURPOSE), wrapped, bound_to=_place(member_id))


def _place(member_id: UUID) -> str:
    return f"member_keys|{member_id}"
