"""The ring of secrets: whether it can be read, who else may, and whether it opens what is stored."""

from sqlalchemy import select
from sqlmodel import col

from app.accounts.admin.key_rotation import in_use
from app.accounts.members import unwrapped_key
from app.accounts.models import MemberKey
from app.core.console import counted
from app.core.crypto.encryption import Broken
from app.core.crypto.key_ring import LEAST_BYTES, KeyRing
from app.core.db.session import Session
from app.core.settings import Settings
from app.doctor.findings import Findings, good, look, wrong
from app.doctor.folders import is_open_to_others


def ring_of(settings: Settings) -> KeyRing | None:
    """The ring, without making one where there is none yet. Raises BadKeys, OSError."""
    return settings.ring if settings.keys or (settings.var_dir / "keys").exists() else None


def look_at_ring(settings: Settings) -> Findings:
    file = settings.var_dir / "keys"
    ring = ring_of(settings)
    if ring is None:
        yield look("keys", "none yet", f"the first start makes {file}; TWENTYONE_KEYS in production")
        return
    if settings.keys is None and is_open_to_others(file):
        yield wrong("keys", f"others may read {file}", f"chmod 600 {file}")
    at_least = f"{counted(len(ring.ids), 'secret')} of {LEAST_BYTES} bytes or more"
    yield good("keys", f"{at_least}, {ring.current} in use{' (for development)' * ring.is_for_development}")


def look_at_what_is_sealed(session: Session, ring: KeyRing | None) -> Findings:
    """How much is under each secret, and whether the ring's secret of that name is the one."""
    used = in_use(session)
    for key_id, many in used.items():
        what, found = "sealed rows", f"{counted(many, 'row')} under {key_id}"
        if ring is None or key_id not in ring.ids:
            yield wrong(what, f"{found}, which isn't on the ring", "put it back, after the others")
        elif not _opens(session, ring, key_id):
            yield wrong(what, f"{found}, but the ring's {key_id} doesn't open them", "the secret that had this id")
        elif key_id != ring.current:
            yield look(what, found, "`twentyone keys rotate` brings them under the one in use")
        else:
            yield good(what, found)
    if not used:
        yield good("sealed rows", "none yet")


def _opens(session: Session, ring: KeyRing, key_id: str) -> bool:
    """Tried with one member's key."""
    some = select(col(MemberKey.member_id), col(MemberKey.wrapped)).where(col(MemberKey.key_id) == key_id).limit(1)
    for member_id, wrapped in session.execute(some):
        try:
            unwrapped_key(ring, member_id, key_id, wrapped)
        except Broken:
            return False
    return True
