"""The database: whether it answers, is set as it should be, whole, migrated, and of one time with us."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlmodel import col

from app.core.db.database import Database
from app.doctor import postgresql, sqlite
from app.doctor.findings import Findings, good, guarded, look, wrong
from app.doctor.folders import look_at_room
from app.web.cache.releases import ContentRelease
from app.web.health import TABLES, revision_of

APART, FAR_APART = timedelta(seconds=2), timedelta(seconds=30)
BOTH_SET = "this machine and the database's are set by NTP"
EPOCH = {  # seconds since 1970
    "sqlite": "SELECT (julianday('now') - 2440587.5) * 86400",
    "postgresql": "SELECT extract(epoch FROM clock_timestamp())",
}


def look_at_database(database: Database, *, in_production: bool, workers: int) -> Findings:
    """All that needs no table of ours."""
    if database.url.get_backend_name() == "sqlite":
        yield from _sqlite(database, in_production=in_production)
        return
    where = f"PostgreSQL at {database.url.host or 'a socket'}, {database.url.database}"
    with database.reading() as session:
        connection = session.connection
        yield good("database", f"{where} answers")
        yield from guarded("PostgreSQL", postgresql.look_at_server(connection), right="it says who it is")
        yield from guarded("durability", postgresql.look_at_durability(connection), right="it says how it is set")
        limits = postgresql.look_at_connections(
            connection, pool_size=database.pool_size, workers=workers, patience=database.patience
        )
        yield from guarded("connections", limits, right="they say how they are set")
        yield from guarded("integrity", postgresql.look_at_integrity(connection), right="its catalogue can be read")


def _sqlite(database: Database, *, in_production: bool) -> Findings:
    file = Path(str(database.url.database))
    if not file.exists():  # to connect would make it
        yield wrong("database", f"{file} isn't there", "`twentyone migrate`")
        return
    with database.reading() as readers, database.transaction() as writers_session:
        reading, writing = readers.connection, writers_session.connection
        version = str(reading.exec_driver_sql("SELECT sqlite_version()").scalar())
        yield from sqlite.look_at_library(version, in_production=in_production)
        yield from guarded("pragmas, reading", sqlite.look_at_pragmas(reading, "reading"), right="they can be read")
        yield from guarded(
            "integrity", sqlite.look_at_integrity(reading), right="the file can be read: restore a backup"
        )
        writers = sqlite.look_at_pragmas(writing, "writing")  # its transaction shows that the file can be written to
        yield from guarded("pragmas, writing", writers, right="no other program holds the file for long")
        yield good("database", f"{file} can be read and written")
    yield from look_at_room(file.absolute().parent)


def look_at_tables(connection: Connection) -> Findings:
    revision = revision_of(connection)
    if revision is None or revision < TABLES:
        yield wrong("tables", f"at {revision or 'none'}", f"{TABLES}: `twentyone migrate`")
    elif revision > TABLES:
        yield look("tables", f"at {revision}, a later version's", "that version, whose deployment is underway")
    else:
        yield good("tables", f"this version's, {TABLES}")


def look_at_clock(connection: Connection, *, clock: Callable[[], datetime]) -> Findings:
    """Against the database's clock, and against the newest release of content, which can't be from the future."""
    what, now = "clock", clock()
    theirs = datetime.fromtimestamp(float(connection.exec_driver_sql(EPOCH[connection.dialect.name]).scalar_one()), UTC)
    newest = connection.scalar(select(func.max(col(ContentRelease.released_at))))
    apart = abs(theirs - now)
    if newest and newest > now + FAR_APART:
        yield wrong(what, f"content was loaded at {newest:%Y-%m-%d %H:%M} UTC, which is yet to come", BOTH_SET)
    if apart > FAR_APART:
        yield wrong(what, f"{apart.total_seconds():.1f} s from the database's", BOTH_SET)
    elif apart > APART:
        yield look(what, f"{apart.total_seconds():.1f} s from the database's", BOTH_SET)
    else:
        yield good(what, f"{now:%Y-%m-%d %H:%M} UTC, as the database's")
