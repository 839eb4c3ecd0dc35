"""Check the database: connection, configuration, integrity, schema version and clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlmodel import col

from app.core.db.database import Database
from app.doctor import postgresql, sqlite
from app.doctor.directories import check_disk_space
from app.doctor.findings import Finding, Findings, run_check
from app.web.cache.releases import ContentRelease
from app.web.health import MIN_REVISION, current_revision

CLOCK_SKEW_WARNING, CLOCK_SKEW_ERROR = timedelta(seconds=2), timedelta(seconds=30)
SYNCHRONISE_CLOCKS = "synchronize this machine and the database server by NTP"
READABLE_SETTINGS = "allow the service's role to read pg_settings and pg_roles"
EPOCH_SECONDS = {  # SQL for the database's clock, in seconds since 1970
    "sqlite": "SELECT (julianday('now') - 2440587.5) * 86400",
    "postgresql": "SELECT extract(epoch FROM clock_timestamp())",
}


def check_database(database: Database, *, in_production: bool, workers: int) -> Findings:
    """Run the database checks that work even without the application's tables."""
    if database.url.get_backend_name() == "sqlite":
        yield from _check_sqlite(database, in_production=in_production)
        return
    location = f"PostgreSQL at {database.url.host or 'a socket'}, database {database.url.database}"
    with database.autocommit() as session:
        connection = session.connection
        yield Finding.ok("database", f"connected to {location}")
        yield from run_check("PostgreSQL", postgresql.check_server(connection), fix=READABLE_SETTINGS)
        yield from run_check("durability", postgresql.check_durability(connection), fix=READABLE_SETTINGS)
        limits = postgresql.check_connections(
            connection, pool_size=database.pool_size, workers=workers, timeout_seconds=database.statement_timeout
        )
        yield from run_check("connections", limits, fix=READABLE_SETTINGS)
        yield from run_check(
            "integrity", postgresql.check_integrity(connection), fix="allow the service's role to read pg_catalog"
        )


def _check_sqlite(database: Database, *, in_production: bool) -> Findings:
    file = Path(str(database.url.database))
    if not file.exists():  # connecting would create the file
        yield Finding.error("database", f"{file} doesn't exist", "run `twentyone migrate`")
        return
    with database.autocommit() as read_session, database.transaction() as write_session:
        reading, writing = read_session.connection, write_session.connection
        version = str(reading.exec_driver_sql("SELECT sqlite_version()").scalar())
        yield from sqlite.check_library(version, in_production=in_production)
        read_pragmas = sqlite.check_pragmas(reading, "reading")
        yield from run_check("pragmas, reading", read_pragmas, fix="make the file readable")
        yield from run_check("integrity", sqlite.check_integrity(reading), fix="restore a backup")
        write_pragmas = sqlite.check_pragmas(writing, "writing")  # the transaction proves that the file is writable
        yield from run_check("pragmas, writing", write_pragmas, fix="stop other programs that lock the file")
        yield Finding.ok("database", f"{file} is readable and writable")
    yield from check_disk_space(file.absolute().parent)


def check_tables(connection: Connection) -> Findings:
    revision = current_revision(connection)
    if revision is None or revision < MIN_REVISION:
        detail = f"revision {revision or 'none'}, but this version needs {MIN_REVISION}"
        yield Finding.error("tables", detail, "run `twentyone migrate`")
    elif revision > MIN_REVISION:
        detail = f"revision {revision} is newer than this version's {MIN_REVISION}"
        yield Finding.warning("tables", detail, "finish the deployment of the newer version")
    else:
        yield Finding.ok("tables", f"revision {MIN_REVISION}")


def check_clock(connection: Connection, *, clock: Callable[[], datetime]) -> Findings:
    """Compare this machine's clock with the database's clock, and with the date of the newest content."""
    now = clock()
    seconds = float(connection.exec_driver_sql(EPOCH_SECONDS[connection.dialect.name]).scalar_one())
    database_now = datetime.fromtimestamp(seconds, UTC)
    newest = connection.scalar(select(func.max(col(ContentRelease.released_at))))
    skew = abs(database_now - now)
    if newest and newest > now + CLOCK_SKEW_ERROR:
        detail = f"the newest content release is dated in the future: {newest:%Y-%m-%d %H:%M} UTC"
        yield Finding.error("clock", detail, SYNCHRONISE_CLOCKS)
    detail = f"{skew.total_seconds():.1f} s apart from the database's clock"
    if skew > CLOCK_SKEW_ERROR:
        yield Finding.error("clock", detail, SYNCHRONISE_CLOCKS)
    elif skew > CLOCK_SKEW_WARNING:
        yield Finding.warning("clock", detail, SYNCHRONISE_CLOCKS)
    else:
        yield Finding.ok("clock", f"{now:%Y-%m-%d %H:%M} UTC, in step with the database's clock")
