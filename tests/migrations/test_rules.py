"""Revisions after the first release lock nothing for long, and leave what the version before needs."""

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.migrations.rules import faults

FIRST = {"20261123_content", "20261124_accounts", "20261124_assessments", "20261124_journey"}  # made empty tables
VERSIONS = ROOT / "migrations" / "versions"
EXAMPLE = Path(__file__).parent / "without_stopping"


def revision(*lines: str, contracts: bool = False) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"contracts = {contracts}\n\ndef upgrade():\n{body}\n\ndef downgrade():\n    op.drop_table('t')\n"


def test_revisions_keep_the_rules() -> None:
    found = {path.stem: faults(path.read_text()) for path in VERSIONS.glob("*.py")}

    assert {name: said for name, said in found.items() if said and name not in FIRST} == {}
    assert found.keys() >= FIRST


def test_so_does_the_example() -> None:
    steps = [path for path in EXAMPLE.glob("*.py") if path.stem != "before"]

    assert [fault for path in steps for fault in faults(path.read_text())] == []
    assert len(steps) == 4


@pytest.mark.parametrize(
    "line",
    [
        "op.drop_column('t', 'c')",
        "op.drop_table('t')",
        "op.rename_table('t', 'u')",
        "op.alter_column('t', 'c', new_column_name='d')",
        "op.alter_column('t', 'c', nullable=False)",
    ],
)
def test_what_takes_something_away_says_so(line: str) -> None:
    assert len(faults(revision(line))) == 1
    assert faults(revision(line, contracts=True)) == []


@pytest.mark.parametrize(
    ("bad", "good"),
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
def test_what_locks_for_long_has_another_way(bad: str, good: str) -> None:
    in_batch = bad.replace("'t', ", "").replace("op.", "table.")

    assert len(faults(revision(bad, contracts=True))) == 1
    assert len(faults(revision("with op.batch_alter_table('t') as table:", f"    {in_batch}", contracts=True))) == 1
    assert faults(revision(good)) == []


def test_a_new_table_can_have_everything_at_once() -> None:
    lines = ["op.create_table('t', sa.Column('c', sa.Text(), nullable=False))", "op.create_index('i', 't', ['c'])"]

    assert faults(revision(*lines)) == []
    assert faults(revision(*lines, "with op.batch_alter_table('t') as b:", "    b.create_index('j', ['c'])")) == []
    assert len(faults(revision(*lines, "op.create_index('j', 'u', ['c'])"))) == 1


def test_an_index_is_made_concurrently_by_itself() -> None:
    index = "op.create_index('i', 't', ['c'], postgresql_concurrently=True)"

    assert faults(revision(index, index)) == []
    assert len(faults(revision("op.add_column('t', sa.Column('c', sa.Text()))", index))) == 1
