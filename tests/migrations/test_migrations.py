"""Migrations make the tables that the models describe, and can be taken back and forth with rows in them."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, inspect, text

from app.cli import migrate_database
from app.core.database import Database
from app.seed.commands import load_folder
from app.tables import metadata
from app.web.health import TABLES
from tests.conftest import Backend
from tests.factories.content import write_article, write_folder
from tests.factories.services import Service

ROOT = Path(__file__).parents[2]


def config_for(database: Database) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.attributes["connection"] = database.sessions().connection()
    return config


def test_the_models_and_the_migrations_agree(database: Database) -> None:
    command.check(config_for(database))


def test_there_is_one_head_which_servers_look_for() -> None:
    assert ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).get_heads() == [TABLES]


def test_up_down_and_up_again_with_content(backend: Backend, empty: URL, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "content")
    write_article(folder, "one", former_slugs=["zero"])
    url = backend.create(empty)
    database = Database(url, patience=10)
    load_folder(database, folder)

    with database.sessions() as session:
        config = Config(ROOT / "alembic.ini")
        config.attributes["connection"] = session.connection()
        command.downgrade(config, "base")
        session.commit()
        left = set(inspect(session.connection()).get_table_names()) - {"alembic_version"}
    migrate_database(database)
    load_folder(database, folder)

    assert left == set()
    with database.content_sessions() as session:
        assert session.connection().scalar(text("SELECT slug FROM articles")) == "one"
    database.close()
    backend.drop(url)


def test_up_down_and_up_again_with_members(service: Service) -> None:
    service.register_verified(consents=[{"purpose": "health_data", "granted": True, "version": "1"}])
    config = Config(ROOT / "alembic.ini")

    with service.database.sessions() as session:
        config.attributes["connection"] = session.connection()
        command.downgrade(config, "20261123_content")
        session.commit()
        left = set(inspect(session.connection()).get_table_names())
    migrate_database(service.database)

    assert "consent_texts" in left
    assert {"members", "member_keys", "sessions", "outbox", "attempts", "audit_events"} & left == set()
    assert service.register().ask("GET", "/v1/me").status_code == 200


def test_every_constraint_has_a_name() -> None:
    for table in metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, table.name
