"""The tables' history, migrations/: which revisions this version knows, and how tables come to one of them."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL

ROOT = Path(__file__).parents[3]
VERSIONS = "alembic_version"


def upgrade(url: URL, revision: str = "head", *, noted_in: str = VERSIONS) -> None:
    """`noted_in` is the table that holds the revision, one column and one row."""
    config = Config(ROOT / "alembic.ini")
    config.attributes.update(url=url, version_table=noted_in)
    command.upgrade(config, revision)


@cache
def revisions() -> list[str]:
    """From the newest to the oldest."""
    return [script.revision for script in ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).walk_revisions()]
