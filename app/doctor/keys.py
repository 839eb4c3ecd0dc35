"""Check the encryption keys: file permissions, and whether the keys can decrypt the stored data."""

from sqlalchemy import select
from sqlmodel import col

from app.accounts.admin.key_rotation import key_usage
from app.accounts.members import unwrap_key
from app.accounts.models import MemberKey
from app.core.console import pluralize
from app.core.crypto.encryption import DecryptionError
from app.core.crypto.key_ring import MIN_SECRET_BYTES, KeyRing
from app.core.db.session import Session
from app.core.settings import Settings
from app.doctor.directories import is_accessible_by_others
from app.doctor.findings import Finding, Findings


def load_ring(settings: Settings) -> KeyRing | None:
    """Return the key ring (the server's secrets), or None if it does not exist yet.

    Raise InvalidKeyRing if its text is invalid, or OSError if its file cannot be read.
    """
    return settings.ring if settings.keys or (settings.var_dir / "keys").exists() else None


def check_key_ring(settings: Settings) -> Findings:
    file = settings.var_dir / "keys"
    ring = load_ring(settings)
    if ring is None:
        fix = f"the first start creates {file}; in production, set TWENTYONE_KEYS"
        yield Finding.warning("keys", "no key ring yet", fix)
        return
    if settings.keys is None and is_accessible_by_others(file):
        yield Finding.error("keys", f"{file} is accessible to other users", f"chmod 600 {file}")
    secrets = f"{pluralize(len(ring.ids), 'secret')} of {MIN_SECRET_BYTES} bytes or more"
    yield Finding.ok("keys", f"{secrets}, current: {ring.current}{' (for development)' * ring.is_for_development}")


def check_encrypted_rows(session: Session, ring: KeyRing | None) -> Findings:
    """Count the rows that are encrypted with each secret, and check that they can be decrypted."""
    check, counts = "encrypted rows", key_usage(session)
    for key_id, count in counts.items():
        detail = f"{pluralize(count, 'row')} under {key_id}"
        if ring is None or key_id not in ring.ids:
            fix = "append it to the key ring again, after the other secrets"
            yield Finding.error(check, f"{detail}, which isn't in the key ring", fix)
        elif not _can_decrypt(session, ring, key_id):
            fix = "restore the original secret with this id"
            yield Finding.error(check, f"{detail}, which the key ring's secret {key_id} doesn't decrypt", fix)
        elif key_id != ring.current:
            yield Finding.warning(check, detail, f"run `twentyone keys rotate` to move them to {ring.current}")
        else:
            yield Finding.ok(check, detail)
    if not counts:
        yield Finding.ok(check, "none yet")


def _can_decrypt(session: Session, ring: KeyRing, key_id: str) -> bool:
    """Return whether a secret of the key ring can decrypt stored data.

    Tries to decrypt the key of one member.
    """
    columns = select(col(MemberKey.member_id), col(MemberKey.wrapped))
    for member_id, wrapped in session.execute(columns.where(col(MemberKey.key_id) == key_id).limit(1)):
        try:
            unwrap_key(ring, member_id, key_id, wrapped)
        except DecryptionError:
            return False
    return True
