"""Everything that is looked at, in order."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.core.console import UNREADABLE, faults_of
from app.core.crypto.key_ring import KeyRing
from app.core.db.database import Database
from app.core.db.session import Session
from app.core.settings import DatabaseSettings, Settings
from app.doctor import configuration, content, database, folders, keys, machine, mail
from app.doctor.findings import Findings, State, guarded, wrong

SECONDS = 2.2  # as a request has
LOCKED = "what is locked in requirements/: `make install`"

Clock = Callable[[], datetime]


def examine(*, workers: int, folder: Path, clock: Clock) -> Findings:
    """With the settings of the environment. `folder` is one of content."""
    yield from guarded("Python", machine.look_at_python(), right=LOCKED)
    yield from guarded("time zones", machine.look_at_zones(), right=LOCKED)
    yield from guarded("cryptography", machine.look_at_cryptography(now=clock()), right=LOCKED)
    yield from configuration.look_at_names()
    settings: Settings | None = None
    try:
        settings = Settings()
    except UNREADABLE as error:
        for fault in faults_of(error):
            yield wrong("settings", fault, "docs/operations.md has all settings; what hangs on them isn't looked at")
    if settings:
        yield from _service(settings)
    try:
        stored = settings or DatabaseSettings()
    except UNREADABLE:
        return
    yield from _database(stored, settings, workers=workers, folder=folder, clock=clock)


def _service(settings: Settings) -> Findings:
    yield from guarded("settings", configuration.look_at_settings(settings), right="docs/operations.md")
    yield from guarded("keys", keys.look_at_ring(settings), right="a ring as `twentyone keys new` starts it")
    elsewhere = settings.keys and settings.smtp_url and settings.erasures_file and settings.database_url
    var_dir = folders.look_at_var_dir(settings, is_needed=not elsewhere)
    yield from guarded("var folder", var_dir, right="TWENTYONE_VAR_DIR is a folder of the service's own")
    yield from guarded(
        "erasures", folders.look_at_erasures(settings), right="TWENTYONE_ERASURES_FILE can be written to"
    )
    yield from guarded("passwords", machine.look_at_passwords(settings), right=LOCKED)
    yield from guarded("mail", mail.look_at_server(settings), right="TWENTYONE_SMTP_URL names a server that takes ours")


def _database(
    stored: DatabaseSettings,
    settings: Settings | None,
    *,
    workers: int,
    folder: Path,
    clock: Clock,
) -> Findings:
    right = "TWENTYONE_DATABASE_URL names a database that runs and lets us in"
    opened = Database(stored.database, pool_size=settings.pool_size if settings else 1, seconds=SECONDS)
    in_production = settings is not None and settings.environment == "production"
    try:
        found = list(
            guarded(
                "database",
                database.look_at_database(opened, in_production=in_production, workers=workers),
                right=right,
            )
        )
        yield from found
        if any((each.what, each.state) == ("database", State.WRONG) for each in found):
            return
        yield from guarded("tables", _stored(opened, settings, folder, clock), right=right)
    finally:
        opened.close()


def _stored(opened: Database, settings: Settings | None, folder: Path, clock: Clock) -> Findings:
    with opened.reading() as reading:
        connection = reading.connection
        tables = list(database.look_at_tables(connection))
        yield from tables
        if any(each.state is State.WRONG for each in tables):
            return  # whatever else is asked of other tables would only say so again
        migrate = "`twentyone migrate`"
        yield from guarded("clock", database.look_at_clock(connection, clock=clock), right=migrate)
        yield from guarded("outbox", mail.look_at_outbox(connection, now=clock()), right=migrate)
        if settings:
            yield from _sealed(reading, settings)
    with opened.snapshot() as snapshot:
        yield from guarded("content", content.look_at_content(snapshot, now=clock()), right=content.LOAD)
    with opened.entities() as session:
        yield from guarded("content folder", content.look_at_folder(session, folder), right=content.LOAD)


def _sealed(session: Session, settings: Settings) -> Findings:
    ring: KeyRing | None = None
    try:
        ring = keys.ring_of(settings)
    except (ValueError, OSError):
        return  # said already
    yield from guarded("sealed rows", keys.look_at_what_is_sealed(session, ring), right="`twentyone keys list`")
