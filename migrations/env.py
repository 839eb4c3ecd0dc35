"""The Alembic environment: it migrates the given database, or that of the settings, on its own connection and with its
own timeouts (docs/decisions/migrations.md).
"""

import time
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, text

from app.core.db.columns import SortedText, UtcDateTime
from app.core.db.engines import sqlite_engine
from app.core.db.migrations import REVISION_TABLE
from app.core.db.session import transaction
from app.core.settings import DatabaseSettings
from app.tables import metadata

TIMEOUT_SECONDS = 600.0  # for a statement, and for another migration
LOCK_TIMEOUT_SECONDS = 1.0  # short, because requests queue behind a waiting migration and time out after two seconds
POLL_SECONDS = 0.1
MIGRATION_LOCK = 21_2022  # key of an advisory lock on PostgreSQL

PLAIN_TYPES = {
    UtcDateTime: "sa.DateTime(timezone=True)",
    SortedText: 'sa.String().with_variant(sa.String(collation="C"), "postgresql")',
}


def render_item(kind: str, item: Any, _autogen_context: AutogenContext) -> str | Literal[False]:
    """Render custom column types as plain types, because a migration must not change when they do."""
    if kind == "type":
        if type(item).__name__ == "AutoString":
            return "sa.String()"
        return PLAIN_TYPES.get(type(item), False)
    return False


def sqlite(url: URL) -> Engine:
    """Return an engine for one transaction with all revisions.

    Foreign keys are checked at its end. Otherwise, the replacement of a table would delete the rows that refer to it.
    """
    return sqlite_engine(url, pool_size=1, timeout=TIMEOUT_SECONDS, pragmas={"foreign_keys": "OFF"})


def postgresql(url: URL) -> Engine:
    """Return an engine for one transaction per revision. Alembic may switch its connections to autocommit."""
    limits = {"lock_timeout": LOCK_TIMEOUT_SECONDS, "statement_timeout": TIMEOUT_SECONDS}
    options = " ".join(f"-c {name}={seconds * 1000:.0f}" for name, seconds in limits.items())
    return create_engine(url, poolclass=NullPool, connect_args={"options": f"{options} -c timezone=UTC"})


def acquire_migration_lock(connection: Connection) -> None:
    """Wait until no other migration runs. Closing the connection releases the lock.

    Poll, because a waiting statement would hold a snapshot, and CREATE INDEX CONCURRENTLY would wait for it.
    """
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": MIGRATION_LOCK}):
        connection.commit()
        if time.monotonic() > deadline:
            raise TimeoutError(f"Another migration has been running for {TIMEOUT_SECONDS:.0f} seconds.")
        time.sleep(POLL_SECONDS)
    connection.commit()


def migrate(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        acquire_migration_lock(connection)
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        version_table=context.config.attributes.get("version_table", REVISION_TABLE),
        render_as_batch=is_sqlite,
        compare_server_default=True,
        transactional_ddl=True,
        transaction_per_migration=not is_sqlite,
    )
    with context.begin_transaction():
        context.run_migrations()
        if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError("The migration left rows with invalid foreign keys. It was rolled back.")


url: URL | None = context.config.attributes.get("url")
if url is None:
    settings = DatabaseSettings()
    settings.create_var_dir()
    url = settings.database
is_sqlite = url.get_backend_name() == "sqlite"
engine = sqlite(url) if is_sqlite else postgresql(url)
try:
    with transaction(engine, "BEGIN IMMEDIATE") if is_sqlite else engine.connect() as connection:
        migrate(connection)
finally:
    engine.dispose()
