"""Nothing that is kept about a member is forgotten by export or erasure."""

from dataclasses import fields

from sqlalchemy import Table

from app.privacy.registry import HOLDINGS
from app.privacy.schemas import Export
from app.tables import metadata

CONTENT = {
    "article_bodies",
    "article_topics",
    "articles",
    "assessment_versions",
    "assessments",
    "authors",
    "categories",
    "consent_texts",
    "content_releases",
    "former_slugs",
    "journeys",
    "sites",
    "support_lines",
    "topics",
}
NOBODYS = {"used_claims"}  # which tokens were used, and not by whom
REGISTERED = {holding.table.__tablename__: holding for holding in HOLDINGS}


def reaches_a_member(table: Table) -> bool:
    return "member_id" in table.columns or any(
        key.column.table.name == "members" or reaches_a_member(key.column.table) for key in table.foreign_keys
    )


def test_every_table_is_content_or_in_the_registry_of_what_is_kept_about_people() -> None:
    assert set(metadata.tables) == CONTENT | NOBODYS | set(REGISTERED)
    assert set(REGISTERED) & (CONTENT | NOBODYS) == set()


def test_no_other_table_reaches_a_member() -> None:
    assert {name for name in CONTENT | NOBODYS if reaches_a_member(metadata.tables[name])} == set()


PARTS = {field.name for field in fields(Export)}


def test_each_part_of_the_registry_is_exported_or_says_why_not() -> None:
    for name, holding in REGISTERED.items():
        if not holding.exported_as.startswith("not exported: "):
            assert holding.exported_as in PARTS, name
    parts = {holding.exported_as for holding in HOLDINGS}
    assert PARTS - {"made_at"} <= parts


def test_what_refers_to_something_is_erased_before_it() -> None:
    order = [holding.table.__tablename__ for holding in HOLDINGS]

    for name, holding in REGISTERED.items():
        others = {key.column.table.name for key in holding.table.__table__.foreign_keys} & set(REGISTERED)
        for other in others:
            assert order.index(name) < order.index(other), name


def test_every_members_table_leads_its_key_with_the_member() -> None:
    for name in REGISTERED:
        table = metadata.tables[name]
        if "member_id" in table.columns:
            assert next(iter(table.primary_key.columns)).name == "member_id", name
