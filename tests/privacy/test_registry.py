"""Tests that the registry of personal data covers all tables, for export and erasure."""

from dataclasses import fields

from sqlalchemy import Table

from app.privacy.registry import PERSONAL_DATA
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
ANONYMOUS = {"used_claims"}  # ids of used claim tokens, not linked to members
REGISTERED = {entry.table.__tablename__: entry for entry in PERSONAL_DATA}


def references_member(table: Table) -> bool:
    return "member_id" in table.columns or any(
        key.column.table.name == "members" or references_member(key.column.table) for key in table.foreign_keys
    )


def test_every_table_is_content_anonymous_or_registered() -> None:
    assert set(metadata.tables) == CONTENT | ANONYMOUS | set(REGISTERED)
    assert set(REGISTERED) & (CONTENT | ANONYMOUS) == set()


def test_unregistered_tables_reference_no_member() -> None:
    assert {name for name in CONTENT | ANONYMOUS if references_member(metadata.tables[name])} == set()


EXPORT_FIELDS = {field.name for field in fields(Export)}


def test_registered_tables_are_exported_or_have_a_reason() -> None:
    for name, entry in REGISTERED.items():
        if not entry.exported_as.startswith("not exported: "):
            assert entry.exported_as in EXPORT_FIELDS, name
    exported = {entry.exported_as for entry in PERSONAL_DATA}
    assert EXPORT_FIELDS - {"made_at"} <= exported


def test_registry_lists_referencing_tables_first() -> None:
    order = [entry.table.__tablename__ for entry in PERSONAL_DATA]

    for name, entry in REGISTERED.items():
        referenced = {key.column.table.name for key in entry.table.__table__.foreign_keys} & set(REGISTERED)
        for other in referenced:
            assert order.index(name) < order.index(other), name


def test_registered_tables_have_member_id_first_in_primary_key() -> None:
    for name in REGISTERED:
        table = metadata.tables[name]
        if "member_id" in table.columns:
            assert next(iter(table.primary_key.columns)).name == "member_id", name
