"""The notes on days, sealed: one text for each day, with the moment at which each field was said."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select
from sqlmodel import Session, col

from app.accounts.consents import HEALTH, granted
from app.accounts.member_keys import unwrapped_key
from app.accounts.models import MemberKey
from app.core.keyring import KeyRing
from app.core.sealing import seal_json, unseal_json
from app.core.writing import upsert
from app.journey.merge import Note, Notes
from app.journey.models import DayNote
from app.journey.runs import StoredRun

STEPS = 512  # bytes: how much was written shows only roughly


def opened(key: bytes, sealed: bytes, stored: StoredRun, day: int) -> Notes:
    """Raises Broken."""
    kept: Mapping[str, Any] = unseal_json(key, sealed, bound_to=_place(stored, day))
    return {name: Note(value, datetime.fromisoformat(at)) for name, (value, at) in kept.items()}


def key_and_consent(reading: Session | Connection, ring: KeyRing, member_id: UUID) -> tuple[bytes, bool]:
    """What opens a member's notes, and whether they agree to new ones being kept."""
    columns = select(col(MemberKey.key_id), col(MemberKey.wrapped), granted(member_id, HEALTH).label("agreed"))
    row = reading.execute(columns.where(col(MemberKey.member_id) == member_id)).one()
    return unwrapped_key(ring, member_id, row.key_id, row.wrapped), bool(row.agreed)


def read(reading: Session | Connection, key: bytes, stored: StoredRun) -> dict[int, Notes]:
    """The notes on all days of a run."""
    mine = col(DayNote.member_id) == stored.member_id, col(DayNote.run_id) == stored.id
    rows = reading.execute(select(col(DayNote.day), col(DayNote.sealed)).where(*mine).order_by(col(DayNote.day)))
    return {row.day: opened(key, row.sealed, stored, row.day) for row in rows}


def write(session: Session, key: bytes, stored: StoredRun, day: int, notes: Notes) -> None:
    kept = {name: [note.value, note.at.isoformat()] for name, note in notes.items()}
    sealed = seal_json(key, kept, bound_to=_place(stored, day), steps=STEPS)
    upsert(session, DayNote, {"member_id": stored.member_id, "run_id": stored.id, "day": day, "sealed": sealed})


def _place(stored: StoredRun, day: int) -> str:
    return f"day_notes|{stored.member_id}|{stored.id}|{day}"
