"""Database schema migrations with Alembic."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL

ROOT = Path(__file__).parents[3]
REVISION_TABLE = "alembic_version"


def upgrade(url: URL, revision: str = "head", *, revision_table: str = REVISION_TABLE) -> None:
    """Upgrade the database schema to a revision. Alembic records it in the table `revision_table`."""
    config = Config(ROOT / "alembic.ini")
    config.attributes.update(url=url, version_table=revision_table)
    command.upgrade(config, revision)


@cache
def revisions() -> list[str]:
    """Return the ids of all schema revisions, newest first."""
    return [script.revision for script in ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).walk_revisions()]
