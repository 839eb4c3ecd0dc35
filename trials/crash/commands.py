"""`kill -9` of content load and key rotation at random moments: whole or not at all, and to be started again."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from app.accounts.addresses import address_hash
from app.accounts.admin.key_rotation import in_use
from app.accounts.members import Identity, unwrapped_key
from app.accounts.models import Member, MemberKey
from app.assessments.results.stored_results import all_results
from app.assessments.services import AssessmentServices
from app.content.content import Content
from app.content.plan import plan_load
from app.content.reader import read_content
from app.core.crypto.key_ring import KeyRing
from app.core.db.database import Database
from app.core.mail.outbox import write_mail
from app.core.mail.transport import Mail
from app.core.timestamps import utc_now
from bench.client.walkers import KEYS, RING, opened
from bench.servers.processes import ROOT
from trials.crash.checks import faults_in
from trials.crash.ground import Ground

LETTER = Mail("news", "somebody@example.org", "News", "Nothing happened.", timedelta(days=1))
OTHER = "trial-2:Zk3vQ8rT1yXw5uBn7cMd9fGh2jKl4pAs6eRt0iYoWq8"


def kill_loads(ground: Ground, *, kills: int) -> None:
    """Of two editions in turn: the database holds the one or the other."""
    shipped, other = ROOT / "seed_content", _other_edition(ground.place.folder)
    editions = {shipped: read_content(shipped), other: read_content(other)}
    coming, broken, cut = shipped, list[str](), 0
    with opened(ground.address) as database:
        for after in ground.moments(kills, "content", "load", str(other)):
            cut += ground.kill(after, "content", "load", str(coming))
            there = [folder for folder, content in editions.items() if _is_there(database, content)]
            broken += [] if len(there) == 1 else [f"killed after {after:.2f} s"]
            if there == [coming]:
                coming = other if coming == shipped else shipped
        ground.run("content", "load", str(coming))
        broken += [] if _is_there(database, editions[coming]) else ["it can't be started again"]
    broken += faults_in(ground.address)
    ground.expect("content is the old or the new in whole after kill -9 of a load", broken, f"{kills} kills, {cut} hit")


def _other_edition(folder: Path) -> Path:
    """Every article and day says something else."""
    edition = shutil.copytree(ROOT / "seed_content", folder / "edition")
    for each in [*edition.glob("articles/*.md"), *edition.glob("journey/day-*.md")]:
        each.write_text(each.read_text(encoding="utf-8") + "\nOne more sentence.\n", encoding="utf-8")
    return edition


def _is_there(database: Database, content: Content) -> bool:
    with database.entities() as session:
        return not plan_load(session, content).changes


def kill_rotations(ground: Ground, *, kills: int, members: int) -> None:
    """To one secret, and back once all is under it; everything can be opened meanwhile, and after each kill."""
    [somebody, *_] = ground.members(members)
    rings, broken, cut = [f"{OTHER},{KEYS}", f"{KEYS},{OTHER}"], list[str](), 0
    both = KeyRing(rings[0])
    with opened(ground.address) as database:
        with database.transaction() as session:
            for _ in range(members // 10):
                write_mail(session, RING, LETTER, member_id=somebody.member_id, now=utc_now())

        def look() -> None:
            broken.extend(_closed(database, both))

        for after in ground.moments(kills, "keys", "rotate", keys=rings[0]):
            if _is_under_one(database, rings[0]):
                rings.reverse()
            cut += ground.kill(after, "keys", "rotate", keys=rings[0], meanwhile=look)
            look()
        ground.run("keys", "rotate", keys=rings[0])
        look()
        broken += [] if _is_under_one(database, rings[0]) else ["it can't be started again"]
    broken += faults_in(ground.address)
    ground.expect("everything opens in and after kill -9 of a rotation", broken, f"{kills} kills, {cut} hit")


def _is_under_one(database: Database, keys: str) -> bool:
    with database.reading() as session:
        return list(in_use(session)) == [KeyRing(keys).current]


def _closed(database: Database, ring: KeyRing) -> Iterator[str]:
    """What can't be opened, or whom their address doesn't find."""
    columns = (
        col(Member.id),
        col(Member.address_hash),
        col(Member.sealed),
        col(MemberKey.key_id),
        col(MemberKey.wrapped),
    )
    services = AssessmentServices.of(ring)
    with database.snapshot() as reads:
        for row in reads.execute(select(*columns).join(MemberKey, col(MemberKey.member_id) == col(Member.id))).all():
            member_id, found_by, sealed, key_id, wrapped = row
            try:
                identity = Identity.unsealed(unwrapped_key(ring, member_id, key_id, wrapped), member_id, sealed)
                list(all_results(reads, services, member_id))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                yield f"{member_id}: {error!r}"
                continue
            if found_by != address_hash(ring, key_id, identity.address):
                yield f"{member_id} isn't found by their address"
