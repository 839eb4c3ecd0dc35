"""Check a PostgreSQL server: version, durability, connection settings and integrity."""

from sqlalchemy import Connection

from app.doctor.findings import Finding, Findings

TESTED_VERSION = 18  # the major version that the tests run on
OLDEST_SUPPORTED_VERSION = 14  # the oldest major version that still receives security updates
DURABILITY_SETTINGS = ("fsync", "synchronous_commit", "full_page_writes")


def check_server(connection: Connection) -> Findings:
    major = int(_server_setting(connection, "server_version_num")) // 10_000
    version = _server_setting(connection, "server_version")
    fix = f"use version {TESTED_VERSION}, which the tests run on"
    if major < OLDEST_SUPPORTED_VERSION:
        yield Finding.error("PostgreSQL", f"version {version} is no longer supported", fix)
    elif major != TESTED_VERSION:
        yield Finding.warning("PostgreSQL", f"version {version} isn't tested", fix)
    else:
        yield Finding.ok("PostgreSQL", f"version {version}")
    if connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar():
        fix = "set TWENTYONE_DATABASE_URL to the primary"
        yield Finding.error("PostgreSQL", "the server is a read-only replica", fix)
    if connection.exec_driver_sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").scalar():
        fix = "connect as a role that owns only this database"
        yield Finding.warning("PostgreSQL", "the service connects as a superuser", fix)


def check_durability(connection: Connection) -> Findings:
    off = [name for name in DURABILITY_SETTINGS if _server_setting(connection, name) == "off"]
    for name in off:
        yield Finding.error("durability", f"{name} is off: a crash can lose committed data", f"set {name} = on")
    if not off:
        yield Finding.ok("durability", f"{', '.join(DURABILITY_SETTINGS)} are on")
    if _server_setting(connection, "data_checksums") == "off":
        fix = "stop the server and run `pg_checksums --enable`"
        yield Finding.warning("durability", "data checksums are disabled", fix)


def check_connections(connection: Connection, *, pool_size: int, workers: int, timeout_seconds: float) -> Findings:
    """Check settings of a database connection that a connection pooler may drop.

    Also check that the server allows enough connections for all processes.
    """
    expected = {
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "statement_timeout": f"{timeout_seconds * 1000:.0f}",
        "lock_timeout": f"{timeout_seconds * 1000:.0f}",
    }
    actual = {name: _server_setting(connection, name) for name in expected}
    differing = {name: value for name, value in actual.items() if value != expected[name]}
    for name, value in differing.items():
        fix = f"configure the connection pooler to keep {name} = {expected[name]}"
        yield Finding.error("connections", f"{name} is {value}", fix)
    if not differing:
        yield Finding.ok("connections", "encoding UTF8, time zone UTC, timeouts set")
    reserved = int(_server_setting(connection, "superuser_reserved_connections"))
    available = int(_server_setting(connection, "max_connections")) - reserved
    needed = pool_size * workers
    detail = f"{needed} needed ({workers} x {pool_size}), {available} available"
    if needed > available:
        fix = "raise max_connections, lower TWENTYONE_POOL_SIZE or run fewer processes"
        yield Finding.error("connections", detail, fix)
    else:
        yield Finding.ok("connections", detail)


def check_integrity(connection: Connection) -> Findings:
    indexes = connection.exec_driver_sql(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
    ).scalars()
    constraints = connection.exec_driver_sql(
        "SELECT conname FROM pg_constraint WHERE NOT convalidated ORDER BY 1"
    ).scalars()
    invalid = [*indexes, *constraints]
    for name in invalid:
        detail = f"{name} is invalid: its creation was interrupted"
        yield Finding.error("integrity", detail, "drop it, then run `twentyone migrate`")
    if not invalid:
        yield Finding.ok("integrity", "all indexes and constraints are valid")


def _server_setting(connection: Connection, name: str) -> str:
    """Return a setting of the PostgreSQL server, in the server's own unit."""
    return str(connection.exec_driver_sql("SELECT setting FROM pg_settings WHERE name = %s", (name,)).scalar())
