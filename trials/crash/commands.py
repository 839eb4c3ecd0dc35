"""Kill content loads and key rotations with SIGKILL: they must be atomic and repeatable."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from app.accounts.addresses import address_hash
from app.accounts.admin.key_rotation import key_usage
from app.accounts.members import Identity, unwrap_key
from app.accounts.models import Member, MemberKey
from app.assessments.results.stored_results import iter_results
from app.assessments.services import AssessmentServices
from app.content.plan import plan_load
from app.content.reader import read_content
from app.core.crypto.key_ring import KeyRing
from app.core.db.database import Database
from app.core.mail.outbox import enqueue_mail
from app.core.mail.transport import Mail
from app.core.timestamps import utc_now
from bench.client.journey_members import KEYS, RING, open_database
from bench.servers.processes import ROOT
from trials.crash.integrity import expect_intact
from trials.environment import Environment
from trials.writers import create_members

SAMPLE_EMAIL = Mail("news", "news@example.org", "News", "Nothing happened.", timedelta(days=1))
OTHER_KEY = "trial-2:Zk3vQ8rT1yXw5uBn7cMd9fGh2jKl4pAs6eRt0iYoWq8"


def kill_content_loads(environment: Environment, *, kills: int) -> None:
    """Kill commands that load two versions of the content in turn.

    After each kill, the database must contain exactly one version, completely.
    """
    shipped, changed = ROOT / "seed_content", _write_changed_content(environment.sandbox.folder)
    contents = {shipped: read_content(shipped), changed: read_content(changed)}
    next_directory, errors, interrupted = shipped, list[str](), 0
    with open_database(environment.database_url) as database:

        def loaded_directories() -> list[Path]:
            with database.orm_snapshot() as session:
                return [path for path, content in contents.items() if not plan_load(session, content).changes]

        for delay in environment.commands.kill_delays(environment.random, kills, "content", "load", str(changed)):
            interrupted += environment.commands.kill(delay, "content", "load", str(next_directory))
            loaded = loaded_directories()
            errors += [] if len(loaded) == 1 else [f"mixed content after {delay:.2f} s"]
            if loaded == [next_directory]:
                next_directory = changed if next_directory == shipped else shipped
        environment.commands.run("content", "load", str(next_directory))
        errors += [] if loaded_directories() == [next_directory] else ["a repeated load fails"]
    environment.expect_none(
        "a killed load leaves the old or the new content", errors, f"{kills} kills, {interrupted} during the load"
    )
    expect_intact(environment, "killed loads")


def _write_changed_content(directory: Path) -> Path:
    """Write a copy of the shipped content, with a change in every article and journey day."""
    changed = shutil.copytree(ROOT / "seed_content", directory / "edition")
    for path in [*changed.glob("articles/*.md"), *changed.glob("journey/day-*.md")]:
        path.write_text(path.read_text(encoding="utf-8") + "\nOne more sentence.\n", encoding="utf-8")
    return changed


def kill_key_rotations(environment: Environment, *, kills: int, members: int) -> None:
    """Kill commands that rotate the encryption keys, back and forth between two keys.

    All data must be readable during each rotation and after each kill.
    """
    [member, *_] = create_members(environment.database_url, members)
    rings, errors, interrupted = [f"{OTHER_KEY},{KEYS}", f"{KEYS},{OTHER_KEY}"], list[str](), 0
    all_keys = KeyRing(rings[0])
    with open_database(environment.database_url) as database:
        with database.transaction() as session:
            for _ in range(members // 10):
                enqueue_mail(session, RING, SAMPLE_EMAIL, member_id=member.member_id, now=utc_now())

        def check_decryption() -> None:
            errors.extend(_decryption_errors(database, all_keys))

        for delay in environment.commands.kill_delays(environment.random, kills, "keys", "rotate", keys=rings[0]):
            if _is_rotated(database, rings[0]):
                rings.reverse()
            interrupted += environment.commands.kill(delay, "keys", "rotate", keys=rings[0], during=check_decryption)
            check_decryption()
        environment.commands.run("keys", "rotate", keys=rings[0])
        check_decryption()
        errors += [] if _is_rotated(database, rings[0]) else ["a repeated rotation fails"]
    scope = f"{kills} kills, {interrupted} during the rotation"
    environment.expect_none("data is readable during and after a killed rotation", errors, scope)
    expect_intact(environment, "killed rotations")


def _is_rotated(database: Database, keys: str) -> bool:
    with database.autocommit() as session:
        return list(key_usage(session)) == [KeyRing(keys).current]


def _decryption_errors(database: Database, ring: KeyRing) -> Iterator[str]:
    """Yield an error for each member with unreadable data or a wrong email address hash."""
    columns = (
        col(Member.id),
        col(Member.address_hash),
        col(Member.sealed),
        col(MemberKey.key_id),
        col(MemberKey.wrapped),
    )
    rows = select(*columns).join(MemberKey, col(MemberKey.member_id) == col(Member.id))
    services = AssessmentServices.of(ring)
    with database.snapshot() as session:
        for member_id, stored_hash, sealed, key_id, wrapped in session.execute(rows).all():
            try:
                identity = Identity.decrypt(unwrap_key(ring, member_id, key_id, wrapped), member_id, sealed)
                list(iter_results(session, services, member_id))
            except Exception as error:  # noqa: BLE001 - any error is reported
                yield f"{member_id}: {error!r}"
                continue
            if stored_hash != (address_hash(ring, key_id, identity.address) if identity.address else None):
                yield f"{member_id}: wrong email address hash"
