"""Migrations make the tables that the models describe, and can be taken back and forth with rows in all of them."""

from uuid import uuid4

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlmodel import select

from app.articles.models import Article, FormerSlug
from app.core.db.database import Database
from app.tables import metadata
from app.web.health import TABLES
from tests.conftest import ROOT
from tests.factories.migrations import config_for, contents, take_down, take_up
from tests.factories.rows import counts
from tests.factories.services import Person, Service, post
from tests.security import belongings

SCRIPTS = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))


def test_the_models_and_the_migrations_agree(database: Database) -> None:
    command.check(config_for(database.url))


def test_there_is_one_head_which_servers_look_for() -> None:
    assert SCRIPTS.get_heads() == [TABLES]


def test_names_sort_so_that_a_server_sees_whose_tables_are_later() -> None:
    names = [script.revision for script in SCRIPTS.walk_revisions()]

    assert names == sorted(names, reverse=True)


def have_everything(service: Service, me: Person) -> None:
    """Have a row in each table."""
    result = belongings.result(service, me)
    assert me.ask("DELETE", result).status_code == 204
    assert me.ask("DELETE", belongings.result(service, me)).status_code == 204
    belongings.result(service, me)
    answers = belongings.answers(service, me)
    slug = answers.pop("assessment")
    token = post(service.client, f"/v1/assessments/{slug}/score", answers).json()["claim_token"]
    assert me.ask("PUT", f"/v1/me/results/{uuid4()}", {"claim_token": token}).status_code == 201
    belongings.a_draft(service, me)
    belongings.a_bookmark(service, me)
    run = belongings.run(service, me)
    assert me.ask("POST", f"{run}/sync", belongings.changes(service, me)).status_code == 200
    assert me.ask("PUT", f"{run}/calendar").status_code == 201
    belongings.new_address_token(service, me)
    with service.database.loading() as session:
        session.add(FormerSlug(slug="here-before", article_id=session.exec(select(Article.id)).one()))


def test_each_revision_goes_down_and_up_again_with_rows_in_all_tables(service: Service) -> None:
    me = service.register_verified()
    have_everything(service, me)
    url, database = service.settings.database, service.database
    assert [table for table, rows in counts(database).items() if not rows] == []

    for script in SCRIPTS.walk_revisions():
        above = contents(database)
        take_down(url, str(script.down_revision or "base"))
        below = contents(database)
        take_up(url, script.revision)
        again = contents(database)
        for table, columns in below.items():
            stays = columns.keys() & above[table].keys()
            assert {name: columns[name] for name in stays} == {name: above[table][name] for name in stays}, table
            assert again[table] == above[table], table
        assert {table: list(columns) for table, columns in again.items()} == {
            table: list(columns) for table, columns in above.items()
        }
        take_down(url, str(script.down_revision or "base"))

    assert contents(database) == {}
    take_up(url)
    command.check(config_for(url))


def test_every_constraint_has_a_name() -> None:
    for table in metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, table.name
