"""The notes on days, encrypted: one text for each day, with the moment at which each field was said."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from app.accounts.consents import HEALTH, granted
from app.accounts.members import unwrapped_key
from app.accounts.models import MemberKey
from app.core.crypto.encryption import seal_json, unseal_json
from app.core.crypto.key_ring import KeyRing
from app.core.db.json_agg import hexadecimal, json_rows
from app.core.db.pagination import Statement
from app.core.db.session import Session
from app.journey.models import DayNote, Run
from app.journey.rules.merge import Note, Notes
from app.journey.rules.schedule import LENGTH
from app.journey.runs import RunNotFound, Selector, StoredRun, one_run, selector_of, stored_run, values_of

STEPS = 512  # bytes; lengths are rounded up to a multiple, so that they reveal little of the text


@dataclass(frozen=True, slots=True)
class Journal:
    """The notes on some days of a run, the key that encrypts them, and whether the member agrees to new ones."""

    key: bytes
    agreed: bool
    notes: Mapping[int, Notes]


@cache
def one_run_with_notes(selector: Selector) -> Statement:
    """A run with the notes on its days from `first` to `last`, the member's key and consent, in one row."""
    noted = select(json_rows(col(DayNote.day), hexadecimal(col(DayNote.sealed)))).where(
        col(DayNote.member_id) == col(Run.member_id),
        col(DayNote.run_id) == col(Run.id),
        col(DayNote.day).between(bindparam("first"), bindparam("last")),
    )
    return (
        one_run(selector)
        .join(MemberKey, col(MemberKey.member_id) == col(Run.member_id))
        .add_columns(
            col(MemberKey.key_id),
            col(MemberKey.wrapped),
            granted(bindparam("member_id"), HEALTH).label("agreed"),
            noted.scalar_subquery().label("notes"),
        )
    )


@cache
def notes_of_run() -> Statement:
    return (
        select(col(DayNote.day), col(DayNote.sealed))
        .where(col(DayNote.member_id) == bindparam("member_id"), col(DayNote.run_id) == bindparam("run_id"))
        .order_by(col(DayNote.day))
    )


def load_with_notes(
    session: Session, ring: KeyRing, member_id: UUID, run_id: UUID | None, *, day: int | None = None
) -> tuple[StoredRun, Journal]:
    """A run with the notes on one day, or on all days. Raises RunNotFound."""
    first, last = (1, LENGTH) if day is None else (day, day)
    values = values_of(member_id, run_id) | {"first": first, "last": last}
    rows = session.fetch(one_run_with_notes(selector_of(run_id)), values)
    if not rows:
        raise RunNotFound
    row = rows[0]
    stored = stored_run(row, member_id)
    key = unwrapped_key(ring, member_id, row.key_id, row.wrapped)
    notes = {day: _decrypted(key, bytes.fromhex(text), stored, day) for day, text in json.loads(row.notes or "[]")}
    return stored, Journal(key, bool(row.agreed), notes)


def load_notes(session: Session, key: bytes, stored: StoredRun) -> dict[int, Notes]:
    """The notes on all days of a run."""
    rows = session.execute(notes_of_run(), {"member_id": stored.member_id, "run_id": stored.id})
    return {row.day: _decrypted(key, row.sealed, stored, row.day) for row in rows}


def save_notes(session: Session, key: bytes, stored: StoredRun, notes_by_day: Mapping[int, Notes]) -> None:
    of_run = {"member_id": stored.member_id, "run_id": stored.id}
    rows = [
        {**of_run, "day": day, "sealed": _encrypted(key, stored, day, notes)} for day, notes in notes_by_day.items()
    ]
    session.upsert(DayNote, rows)


def _encrypted(key: bytes, stored: StoredRun, day: int, notes: Notes) -> bytes:
    kept = {name: [note.value, note.at.isoformat()] for name, note in notes.items()}
    return seal_json(key, kept, bound_to=_place(stored, day), steps=STEPS)


def _decrypted(key: bytes, sealed: bytes, stored: StoredRun, day: int) -> Notes:
    """Raises Broken."""
    kept: Mapping[str, Any] = unseal_json(key, sealed, bound_to=_place(stored, day))
    return {name: Note(value, datetime.fromisoformat(at)) for name, (value, at) in kept.items()}


def _place(stored: StoredRun, day: int) -> str:
    return f"day_notes|{stored.member_id}|{stored.id}|{day}"
