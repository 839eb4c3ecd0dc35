"""Tests that migrations avoid long locks and don't break the previous version of the app."""

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.migrations.rules import violations

INITIAL_REVISIONS = {"20261123_content", "20261124_accounts", "20261124_assessments", "20261124_journey"}
VERSIONS_DIRECTORY = ROOT / "migrations" / "versions"
EXAMPLE_DIRECTORY = Path(__file__).parent / "zero_downtime"


def revision(*lines: str, contracts: bool = False) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"contracts = {contracts}\n\ndef upgrade():\n{body}\n\ndef downgrade():\n    op.drop_table('t')\n"


def test_revisions_after_the_initial_ones_have_no_violations() -> None:
    by_revision = {path.stem: violations(path.read_text()) for path in VERSIONS_DIRECTORY.glob("*.py")}

    assert {name: found for name, found in by_revision.items() if found and name not in INITIAL_REVISIONS} == {}
    assert by_revision.keys() >= INITIAL_REVISIONS


def test_example_revisions_have_no_violations() -> None:
    steps = [path for path in EXAMPLE_DIRECTORY.glob("*.py") if path.stem != "before"]

    assert [message for path in steps for message in violations(path.read_text())] == []
    assert len(steps) == 4


def test_removal_requires_contracts() -> None:
    lines = [
        "op.drop_column('t', 'c')",
        "op.drop_table('t')",
        "op.rename_table('t', 'u')",
        "op.alter_column('t', 'c', new_column_name='d')",
        "op.alter_column('t', 'c', nullable=False)",
    ]

    assert [len(violations(revision(line))) for line in lines] == [1] * len(lines)
    assert [violations(revision(line, contracts=True)) for line in lines] == [[]] * len(lines)


@pytest.mark.parametrize(
    ("unsafe", "safe"),
    [
        ("op.alter_column('t', 'c', type_=sa.Text())", "op.alter_column('t', 'c', server_default='x')"),
        (
            "op.add_column('t', sa.Column('c', sa.Text(), nullable=False))",
            "op.add_column('t', sa.Column('c', sa.Text(), nullable=False, server_default=''))",
        ),
        ("op.create_index('i', 't', ['c'])", "op.create_index('i', 't', ['c'], postgresql_concurrently=True)"),
        (
            "op.create_check_constraint('k', 't', 'c > 0')",
            "op.create_check_constraint('k', 't', 'c > 0', postgresql_not_valid=True)",
        ),
        (
            "op.create_foreign_key('k', 't', 'u', ['c'], ['d'])",
            "op.create_foreign_key('k', 't', 'u', ['c'], ['d'], postgresql_not_valid=True)",
        ),
        (
            "op.create_unique_constraint('k', 't', ['c'])",
            "op.create_index('k', 't', ['c'], unique=True, postgresql_concurrently=True)",
        ),
    ],
)
def test_long_lock_is_a_violation_and_its_alternative_is_not(unsafe: str, safe: str) -> None:
    in_batch = unsafe.replace("'t', ", "").replace("op.", "table.")

    assert len(violations(revision(unsafe, contracts=True))) == 1
    batch = revision("with op.batch_alter_table('t') as table:", f"    {in_batch}", contracts=True)
    assert len(violations(batch)) == 1
    assert violations(revision(safe)) == []


def test_operations_on_a_new_table_are_safe() -> None:
    lines = ["op.create_table('t', sa.Column('c', sa.Text(), nullable=False))", "op.create_index('i', 't', ['c'])"]

    assert violations(revision(*lines)) == []
    batch = ["with op.batch_alter_table('t') as b:", "    b.create_index('j', ['c'])"]
    assert violations(revision(*lines, *batch)) == []
    assert len(violations(revision(*lines, "op.create_index('j', 'u', ['c'])"))) == 1


def test_concurrent_index_requires_its_own_revision() -> None:
    index = "op.create_index('i', 't', ['c'], postgresql_concurrently=True)"

    assert violations(revision(index, index)) == []
    assert len(violations(revision("op.add_column('t', sa.Column('c', sa.Text()))", index))) == 1
