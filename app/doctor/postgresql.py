"""A PostgreSQL server: its version, what it promises about what is committed, and how our connections are set."""

from sqlalchemy import Connection

from app.doctor.findings import Findings, good, look, wrong

TRIED = 18  # the major version that the suite runs on
OLDEST = 14  # that still gets corrections
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


def look_at_server(connection: Connection) -> Findings:
    major, found = int(_setting(connection, "server_version_num")) // 10_000, _setting(connection, "server_version")
    if major < OLDEST:
        yield wrong("PostgreSQL", found, f"{TRIED}, which the suite runs on")
    elif major != TRIED:
        yield look("PostgreSQL", found, f"{TRIED}, which the suite runs on")
    else:
        yield good("PostgreSQL", found)
    if connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar():
        yield wrong("PostgreSQL", "it is a replica, which takes no writes", "TWENTYONE_DATABASE_URL names the primary")
    if connection.exec_driver_sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").scalar():
        yield look("PostgreSQL", "the service is its superuser", "a role that owns this database and nothing else")


def look_at_durability(connection: Connection) -> Findings:
    off = [name for name in DURABLE if _setting(connection, name) == "off"]
    for name in off:
        yield wrong("durability", f"{name} is off: what was acknowledged can be lost", f"{name} = on")
    if not off:
        yield good("durability", f"{', '.join(DURABLE)} are on")
    if _setting(connection, "data_checksums") == "off":
        yield look("durability", "pages have no checksums", "pg_checksums --enable, while the server is stopped")


def look_at_connections(connection: Connection, *, pool_size: int, workers: int, patience: float) -> Findings:
    """As they are: a pooler in between may have dropped what ours ask for."""
    expected = {
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "statement_timeout": f"{patience * 1000:.0f}",
        "lock_timeout": f"{patience * 1000:.0f}",
    }
    differing = {name: found for name in expected if (found := _setting(connection, name)) != expected[name]}
    for name, found in differing.items():
        yield wrong("connections", f"{name} is {found}", f"{name} = {expected[name]}: no pooler drops it")
    if not differing:
        yield good("connections", "UTF8, UTC, and time limits of their own")
    reserved = int(_setting(connection, "superuser_reserved_connections"))
    most, needed = int(_setting(connection, "max_connections")) - reserved, pool_size * workers
    found = f"{most} at most, and {needed} are needed for {workers} x {pool_size}"
    right = "more of max_connections, a smaller TWENTYONE_POOL_SIZE or fewer processes"
    yield wrong("connections", found, right) if needed > most else good("connections", found)


def look_at_integrity(connection: Connection) -> Findings:
    what = "integrity"
    indexes = connection.exec_driver_sql(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
    ).scalars()
    constraints = connection.exec_driver_sql(
        "SELECT conname FROM pg_constraint WHERE NOT convalidated ORDER BY 1"
    ).scalars()
    invalid = [*indexes, *constraints]
    for name in invalid:
        yield wrong(what, f"{name} is invalid: its making was interrupted", "drop it, and migrate again")
    if not invalid:
        yield good(what, "every index and constraint is valid")


def _setting(connection: Connection, name: str) -> str:
    """In the server's own units."""
    return str(connection.exec_driver_sql("SELECT setting FROM pg_settings WHERE name = %s", (name,)).scalar())
