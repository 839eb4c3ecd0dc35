"""Encrypted storage of members' daily notes: tasks done, moods and reflections.

The notes of one day are stored as one JSON text, with a timestamp for each field.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from app.accounts.consents import HEALTH_DATA, consent_granted
from app.accounts.members import unwrap_key
from app.accounts.models import MemberKey
from app.core.crypto.encryption import decrypt_json, encrypt_json
from app.core.crypto.key_ring import KeyRing
from app.core.db.json_agg import hexadecimal, json_rows
from app.core.db.pagination import Statement
from app.core.db.session import Session
from app.journey.models import DayNote, Run
from app.journey.rules.merge import Note, Notes
from app.journey.rules.schedule import LENGTH
from app.journey.runs import (
    RunNotFound,
    RunSelector,
    StoredRun,
    run_from_row,
    selected_run,
    selector_for,
    selector_values,
)

PADDING_BLOCK_SIZE = 512  # bytes; texts are padded to a multiple of this, so that their length reveals little


@dataclass(frozen=True, slots=True)
class RunNotes:
    """A member's notes on the days of a journey run, with their encryption key and consent to storing health data."""

    key: bytes
    has_consent: bool
    by_day: Mapping[int, Notes]


@cache
def selected_run_with_notes(selector: RunSelector) -> Statement:
    """Select a journey run, its notes on days `first` to `last`, and the member's encryption key and consent."""
    notes = select(json_rows(col(DayNote.day), hexadecimal(col(DayNote.sealed)))).where(
        col(DayNote.member_id) == col(Run.member_id),
        col(DayNote.run_id) == col(Run.id),
        col(DayNote.day).between(bindparam("first"), bindparam("last")),
    )
    return (
        selected_run(selector)
        .join(MemberKey, col(MemberKey.member_id) == col(Run.member_id))
        .add_columns(
            col(MemberKey.key_id),
            col(MemberKey.wrapped),
            consent_granted(bindparam("member_id"), HEALTH_DATA).label("has_consent"),
            notes.scalar_subquery().label("notes"),
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
) -> tuple[StoredRun, RunNotes]:
    """Load a journey run with the member's notes on one day, or on all days if `day` is None.

    Raise RunNotFound.
    """
    first, last = (1, LENGTH) if day is None else (day, day)
    values = selector_values(member_id, run_id) | {"first": first, "last": last}
    rows = session.fetch(selected_run_with_notes(selector_for(run_id)), values)
    if not rows:
        raise RunNotFound
    row = rows[0]
    stored_run = run_from_row(row, member_id)
    key = unwrap_key(ring, member_id, row.key_id, row.wrapped)
    notes = {day: _decrypted(key, bytes.fromhex(text), stored_run, day) for day, text in json.loads(row.notes or "[]")}
    return stored_run, RunNotes(key, bool(row.has_consent), notes)


def load_notes(session: Session, key: bytes, stored_run: StoredRun) -> dict[int, Notes]:
    """Load and decrypt the member's notes on all days of a journey run. Return them by day number."""
    rows = session.execute(notes_of_run(), {"member_id": stored_run.member_id, "run_id": stored_run.id})
    return {row.day: _decrypted(key, row.sealed, stored_run, row.day) for row in rows}


def save_notes(session: Session, key: bytes, stored_run: StoredRun, notes_by_day: Mapping[int, Notes]) -> None:
    run_key = {"member_id": stored_run.member_id, "run_id": stored_run.id}
    rows = [
        {**run_key, "day": day, "sealed": _encrypted(key, stored_run, day, notes)}
        for day, notes in notes_by_day.items()
    ]
    session.upsert(DayNote, rows)


def _encrypted(key: bytes, stored_run: StoredRun, day: int, notes: Notes) -> bytes:
    values = {name: [note.value, note.at.isoformat()] for name, note in notes.items()}
    return encrypt_json(key, values, associated_data=_associated_data(stored_run, day), block_size=PADDING_BLOCK_SIZE)


def _decrypted(key: bytes, sealed: bytes, stored_run: StoredRun, day: int) -> Notes:
    """Decrypt the member's notes on one day. Raise DecryptionError if the key or the stored value is wrong."""
    values: Mapping[str, Any] = decrypt_json(key, sealed, associated_data=_associated_data(stored_run, day))
    return {name: Note(value, datetime.fromisoformat(at)) for name, (value, at) in values.items()}


def _associated_data(stored_run: StoredRun, day: int) -> str:
    return f"day_notes|{stored_run.member_id}|{stored_run.id}|{day}"
