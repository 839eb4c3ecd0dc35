"""What a revision must not do to tables that are in use (docs/decisions/migrations.md). Found by reading, so that what
`op.execute` says is left to whoever reviews it.
"""

import ast
from collections.abc import Iterator

CONTRACTS = {"drop_column", "drop_table", "rename_table"}
CONCURRENTLY, NOT_VALID = "postgresql_concurrently", "postgresql_not_valid"


def faults(source: str) -> list[str]:
    """Each as `line: what`."""
    module = ast.parse(source)
    upgrade = next(each for each in module.body if isinstance(each, ast.FunctionDef) and each.name == "upgrade")
    contracts = any(isinstance(each, ast.Assign) and ast.unparse(each) == "contracts = True" for each in module.body)
    calls = list(_calls(upgrade, ""))
    made = {_text(call.args[0]) for _, call in calls if _name(call) == "create_table"}
    found: list[str] = []
    for table, call in calls:
        looks = [_changes] if contracts else [_changes, _takes_away]
        looks += [] if _table(table, call) in made else [_locks]
        found += [f"{call.lineno}: {fault}" for look in looks for fault in look(call)]
    concurrent = [call for _, call in calls if CONCURRENTLY in _given(call)]
    if concurrent and any(_name(call).startswith(("add_", "alter_", "create_table", "drop_")) for _, call in calls):
        found.append(f"{concurrent[0].lineno}: an index is made concurrently in a revision of its own")
    return found


def _takes_away(call: ast.Call) -> Iterator[str]:
    """What only a revision that `contracts` does."""
    given = _given(call)
    if _name(call) in CONTRACTS:
        yield f"{_name(call)} takes away what the version before may use: in a later release, with `contracts = True`"
    if "new_column_name" in given:
        yield "the version before knows the old name: add a column, and drop the old one later"
    if _name(call) == "alter_column" and given.get("nullable") == "False":
        yield "the version before may leave it empty: with `contracts = True`, after a validated CHECK"


def _changes(call: ast.Call) -> Iterator[str]:
    """What no revision does to columns."""
    if _name(call) == "alter_column" and "type_" in _given(call):
        yield "another type rewrites the table while nobody can read it: add a column"
    column = ast.unparse(call)
    if _name(call) == "add_column" and "nullable=False" in column and "server_default" not in column:
        yield "what the version before inserts has no value for it: nullable, or with a server_default"


def _locks(call: ast.Call) -> Iterator[str]:
    """What holds up a table that is in use."""
    name, given = _name(call), _given(call)
    if name == "create_index" and given.get(CONCURRENTLY) != "True":
        yield f"an index locks out writers while it is made: {CONCURRENTLY}=True, in an autocommit_block"
    if name in {"create_check_constraint", "create_foreign_key"} and given.get(NOT_VALID) != "True":
        yield f"a constraint locks the table while rows are checked: {NOT_VALID}=True, then VALIDATE"
    if name == "create_unique_constraint":
        yield "a unique constraint locks the table while its index is made: a unique index, concurrently"


def _calls(node: ast.AST, table: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a method, with the table of the `batch_alter_table` that it stands in."""
    if isinstance(node, ast.With):
        for item in node.items:
            if isinstance(item.context_expr, ast.Call) and _name(item.context_expr) == "batch_alter_table":
                table = _text(item.context_expr.args[0])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield table, node
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, table)


def _table(batch: str, call: ast.Call) -> str:
    """Which table an operation is on: that of its batch, or the second argument of most."""
    return batch or (_text(call.args[1]) if len(call.args) > 1 else "")


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _text(node: ast.AST) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _given(call: ast.Call) -> dict[str | None, str]:
    """Its options, as they are written."""
    return {each.arg: ast.unparse(each.value) for each in call.keywords}
