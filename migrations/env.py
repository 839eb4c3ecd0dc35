"""How Alembic reaches the database, the one it is handed or that of the settings: on a connection of its own, with its
own limits (docs/decisions/migrations.md).
"""

import time
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, text

from app.core.db.columns import SortedText, UtcDateTime
from app.core.db.engines import sqlite_engine
from app.core.db.migrations import VERSIONS
from app.core.db.session import transaction
from app.core.settings import DatabaseSettings
from app.tables import metadata

PATIENCE = 600.0  # seconds that a statement may take, and that another migration is waited for
LOCK = 1.0  # seconds that a table is waited for: all who come later wait behind us, and give up after two
PAUSE = 0.1
MIGRATING = 21_2022  # the advisory lock that migrations take on PostgreSQL

PLAIN = {
    UtcDateTime: "sa.DateTime(timezone=True)",
    SortedText: 'sa.String().with_variant(sa.String(collation="C"), "postgresql")',
}


def render_item(kind: str, item: Any, _autogen_context: AutogenContext) -> str | Literal[False]:
    """Write plain column types: a migration must not change when our own types do."""
    if kind == "type":
        if type(item).__name__ == "AutoString":
            return "sa.String()"
        return PLAIN.get(type(item), False)
    return False


def sqlite(url: URL) -> Engine:
    """One transaction for all, which another migration waits for. References are checked at its end instead of on the
    way: a table that is made anew is dropped under its old name, and what refers to its rows mustn't go with them.
    """
    return sqlite_engine(url, pool_size=1, patience=PATIENCE, pragmas={"foreign_keys": "OFF"})


def postgresql(url: URL) -> Engine:
    """A transaction for each revision, with connections that Alembic may switch to autocommit."""
    limits = {"lock_timeout": LOCK, "statement_timeout": PATIENCE}
    options = " ".join(f"-c {name}={seconds * 1000:.0f}" for name, seconds in limits.items())
    return create_engine(url, poolclass=NullPool, connect_args={"options": f"{options} -c timezone=UTC"})


def wait_for_others(connection: Connection) -> None:
    """Until no other migration runs. By asking again and again: who waits in a statement holds a snapshot, for which an
    index that is made concurrently would wait in turn.
    """
    give_up = time.monotonic() + PATIENCE
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": MIGRATING}):
        connection.commit()
        if time.monotonic() > give_up:
            raise TimeoutError(f"Another migration has been running for {PATIENCE:.0f} seconds.")
        time.sleep(PAUSE)
    connection.commit()


def migrate(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        wait_for_others(connection)  # until this connection is closed
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        version_table=context.config.attributes.get("version_table", VERSIONS),
        render_as_batch=is_sqlite,
        compare_server_default=True,
        transactional_ddl=True,
        transaction_per_migration=not is_sqlite,
    )
    with context.begin_transaction():
        context.run_migrations()
        if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError("A migration left rows that refer to others which aren't there. Nothing was changed.")


url: URL | None = context.config.attributes.get("url")
if url is None:
    settings = DatabaseSettings()
    settings.make_var_dir()
    url = settings.database
is_sqlite = url.get_backend_name() == "sqlite"
engine = sqlite(url) if is_sqlite else postgresql(url)
try:
    with transaction(engine, "BEGIN IMMEDIATE") if is_sqlite else engine.connect() as connection:
        migrate(connection)
finally:
    engine.dispose()
