"""The notes on days, sealed: one text for each day, with the moment at which each field was said."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, select
from sqlmodel import Session, col

from app.accounts.consents import HEALTH, granted
from app.accounts.members import unwrapped_key
from app.accounts.models import MemberKey
from app.core.crypto.encryption import seal_json, unseal_json
from app.core.crypto.key_ring import KeyRing
from app.core.db.pagination import Statement
from app.core.db.upsert import upsert
from app.journey.models import DayNote
from app.journey.rules.merge import Note, Notes
from app.journey.runs import StoredRun

STEPS = 512  # bytes: how much was written shows only roughly
OPENING: Statement = select(
    col(MemberKey.key_id), col(MemberKey.wrapped), granted(bindparam("member_id"), HEALTH).label("agreed")
).where(col(MemberKey.member_id) == bindparam("member_id"))
OF_RUN: Statement = (
    select(col(DayNote.day), col(DayNote.sealed))
    .where(col(DayNote.member_id) == bindparam("member_id"), col(DayNote.run_id) == bindparam("run_id"))
    .order_by(col(DayNote.day))
)


def opened(key: bytes, sealed: bytes, stored: StoredRun, day: int) -> Notes:
    """Raises Broken."""
    kept: Mapping[str, Any] = unseal_json(key, sealed, bound_to=_place(stored, day))
    return {name: Note(value, datetime.fromisoformat(at)) for name, (value, at) in kept.items()}


def key_and_consent(reading: Session | Connection, ring: KeyRing, member_id: UUID) -> tuple[bytes, bool]:
    """What opens a member's notes, and whether they agree to new ones being kept."""
    row = reading.execute(OPENING, {"member_id": member_id}).one()
    return unwrapped_key(ring, member_id, row.key_id, row.wrapped), bool(row.agreed)


def read(reading: Session | Connection, key: bytes, stored: StoredRun) -> dict[int, Notes]:
    """The notes on all days of a run."""
    rows = reading.execute(OF_RUN, {"member_id": stored.member_id, "run_id": stored.id})
    return {row.day: opened(key, row.sealed, stored, row.day) for row in rows}


def write(session: Session, key: bytes, stored: StoredRun, notes_by_day: Mapping[int, Notes]) -> None:
    of_run = {"member_id": stored.member_id, "run_id": stored.id}
    rows = [{**of_run, "day": day, "sealed": _sealed(key, stored, day, notes)} for day, notes in notes_by_day.items()]
    upsert(session, DayNote, *rows)


def _sealed(key: bytes, stored: StoredRun, day: int, notes: Notes) -> bytes:
    kept = {name: [note.value, note.at.isoformat()] for name, note in notes.items()}
    return seal_json(key, kept, bound_to=_place(stored, day), steps=STEPS)


def _place(stored: StoredRun, day: int) -> str:
    return f"day_notes|{stored.member_id}|{stored.id}|{day}"
