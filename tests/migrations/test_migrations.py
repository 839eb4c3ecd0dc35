"""Tests for migrations: they create the tables of the models, and downgrading and upgrading loses no rows."""

from uuid import uuid4

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlmodel import select

from app.articles.models import Article, FormerSlug
from app.core.db.database import Database
from app.tables import metadata
from app.web.health import MIN_REVISION
from tests.conftest import ROOT
from tests.factories.migrations import alembic_config, downgrade, table_contents, upgrade
from tests.factories.rows import row_counts
from tests.factories.services import MemberClient, Service, post
from tests.security import member_requests

SCRIPTS = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))


def test_migrations_create_the_tables_of_the_models(database: Database) -> None:
    command.check(alembic_config(database.url))


def test_minimum_revision_of_servers_is_only_head() -> None:
    assert SCRIPTS.get_heads() == [MIN_REVISION]


def test_revision_ids_sort_in_order_of_the_chain() -> None:
    revision_ids = [script.revision for script in SCRIPTS.walk_revisions()]

    assert revision_ids == sorted(revision_ids, reverse=True)


def fill_all_tables(service: Service, member: MemberClient) -> None:
    result = member_requests.create_result(service, member)
    assert member.request("DELETE", result).status_code == 204
    assert member.request("DELETE", member_requests.create_result(service, member)).status_code == 204
    member_requests.create_result(service, member)
    answers = member_requests.result_body(service, member)
    slug = answers.pop("assessment")
    token = post(service.client, f"/v1/assessments/{slug}/score", answers).json()["claim_token"]
    assert member.request("PUT", f"/v1/me/results/{uuid4()}", {"claim_token": token}).status_code == 201
    member_requests.create_draft(service, member)
    member_requests.create_bookmark(service, member)
    run = member_requests.create_run(service, member)
    assert member.request("POST", f"{run}/sync", member_requests.sync_body(service, member)).status_code == 200
    assert member.request("PUT", f"{run}/calendar").status_code == 201
    member_requests.email_token_body(service, member)
    assert post(service.client, "/v1/auth/code", {"email": member.email}).status_code == 202
    with service.database.content_load() as session:
        session.add(FormerSlug(slug="here-before", article_id=session.exec(select(Article.id)).one()))


def test_downgrade_and_upgrade_of_each_revision_preserves_rows(service: Service) -> None:
    member = service.register_verified()
    fill_all_tables(service, member)
    url, database = service.settings.database, service.database
    assert [table for table, rows in row_counts(database).items() if not rows] == []

    for script in SCRIPTS.walk_revisions():
        before = table_contents(database)
        downgrade(url, str(script.down_revision or "base"))
        downgraded = table_contents(database)
        upgrade(url, script.revision)
        after = table_contents(database)
        for table, columns in downgraded.items():
            common = columns.keys() & before[table].keys()
            assert {name: columns[name] for name in common} == {name: before[table][name] for name in common}, table
            kept = {name: before[table][name] for name in common}  # others are added by the revision
            assert {name: after[table][name] for name in common} == kept, table
        assert {table: list(columns) for table, columns in after.items()} == {
            table: list(columns) for table, columns in before.items()
        }
        downgrade(url, str(script.down_revision or "base"))

    assert table_contents(database) == {}
    upgrade(url)
    command.check(alembic_config(url))


def test_every_constraint_has_a_name() -> None:
    for table in metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, table.name
