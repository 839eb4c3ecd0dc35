"""Checks that find unsafe operations in migrations (docs/decisions/migrations.md).

They read the source code of a migration, so they do not cover the SQL of `op.execute`.
"""

import ast
from collections.abc import Iterator

REMOVALS = {"drop_column", "drop_table", "rename_table"}
CONCURRENTLY, NOT_VALID = "postgresql_concurrently", "postgresql_not_valid"


def violations(source: str) -> list[str]:
    """Return the unsafe operations in a migration's source code, each as `line: message`."""
    module = ast.parse(source)
    upgrade = next(node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade")
    contracts = any(isinstance(node, ast.Assign) and ast.unparse(node) == "contracts = True" for node in module.body)
    calls = list(_calls(upgrade, ""))
    new_tables = {_text(call.args[0]) for _, call in calls if _name(call) == "create_table"}
    messages: list[str] = []
    for table, call in calls:
        checks = [_check_columns] if contracts else [_check_columns, _check_removals]
        checks += [] if _table(table, call) in new_tables else [_check_locks]
        messages += [f"{call.lineno}: {message}" for check in checks for message in check(call)]
    concurrent = [call for _, call in calls if CONCURRENTLY in _options(call)]
    if concurrent and any(_name(call).startswith(("add_", "alter_", "create_table", "drop_")) for _, call in calls):
        messages.append(f"{concurrent[0].lineno}: a concurrent index needs its own revision")
    return messages


def _check_removals(call: ast.Call) -> Iterator[str]:
    """Report operations that may break the previous version, unless the migration sets `contracts = True`."""
    options = _options(call)
    if _name(call) in REMOVALS:
        yield f"{_name(call)} may break the previous version: move it to a later release, with `contracts = True`"
    if "new_column_name" in options:
        yield "the previous version uses the old name: add a column, and drop the old one in a later release"
    if _name(call) == "alter_column" and options.get("nullable") == "False":
        yield "the previous version may insert NULL: use `contracts = True`, after a validated CHECK"


def _check_columns(call: ast.Call) -> Iterator[str]:
    """Report column changes that are never allowed."""
    if _name(call) == "alter_column" and "type_" in _options(call):
        yield "a new type rewrites the table under an exclusive lock: add a column"
    column = ast.unparse(call)
    if _name(call) == "add_column" and "nullable=False" in column and "server_default" not in column:
        yield "the previous version inserts rows without this column: make it nullable, or add a server_default"


def _check_locks(call: ast.Call) -> Iterator[str]:
    """Report operations that lock an existing table for a long time."""
    name, options = _name(call), _options(call)
    if name == "create_index" and options.get(CONCURRENTLY) != "True":
        yield f"creating an index blocks writes: use {CONCURRENTLY}=True, in an autocommit_block"
    if name in {"create_check_constraint", "create_foreign_key"} and options.get(NOT_VALID) != "True":
        yield f"a constraint locks the table while rows are checked: use {NOT_VALID}=True, then VALIDATE"
    if name == "create_unique_constraint":
        yield "a unique constraint locks the table while its index is created: create a unique index concurrently"


def _calls(node: ast.AST, table: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield all method calls, each with the table of the enclosing `batch_alter_table`."""
    if isinstance(node, ast.With):
        for item in node.items:
            if isinstance(item.context_expr, ast.Call) and _name(item.context_expr) == "batch_alter_table":
                table = _text(item.context_expr.args[0])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield table, node
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, table)


def _table(batch_table: str, call: ast.Call) -> str:
    """Return the table that an operation changes: that of its batch, or its second argument."""
    return batch_table or (_text(call.args[1]) if len(call.args) > 1 else "")


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _text(node: ast.AST) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _options(call: ast.Call) -> dict[str | None, str]:
    """Return the keyword arguments of a call as source code."""
    return {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
