"""How Alembic reaches the database: with the connection it is handed, or the one that the settings name."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from app.core.columns import SortedText, UtcDateTime
from app.core.database import Database
from app.core.settings import DatabaseSettings
from app.tables import metadata

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


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


connection: Connection | None = context.config.attributes.get("connection")
if connection is not None:
    migrate(connection)
else:
    settings = DatabaseSettings()
    settings.make_var_dir()
    database = Database(settings.database, patience=30)
    with database.sessions().connection() as own:
        migrate(own)
        own.commit()
    database.close()
