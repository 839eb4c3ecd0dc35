"""Check a SQLite database: library version, pragmas and integrity (docs/decisions/sqlite.md)."""

from sqlalchemy import Connection

from app.core.console import pluralize
from app.core.db.engines import PRAGMAS
from app.doctor.findings import Finding, Findings

FIXED_RELEASES = ((3, 44, 6), (3, 50, 7), (3, 51, 3))  # the first release of each branch in which the bug is fixed
REPORTED_VALUES = {"ON": "1", "FULL": "2"}  # SQLite returns numbers for these values


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Return whether this SQLite version has a bug that can corrupt databases in WAL mode."""
    fixed = next((release for release in FIXED_RELEASES if release[:2] == version[:2]), FIXED_RELEASES[-1])
    return (3, 7, 0) <= version < fixed


def check_library(version: str, *, in_production: bool) -> Findings:
    if not has_wal_reset_bug(tuple(int(part) for part in version.split("."))):
        yield Finding.ok("SQLite", f"version {version}")
        return
    report = Finding.error if in_production else Finding.warning
    fixed = ".".join(map(str, FIXED_RELEASES[-1]))
    yield report(
        "SQLite",
        f"version {version} can corrupt the database when it resets the WAL",
        f"use {fixed} or later: install pysqlite3 or a newer Python",
    )


def check_pragmas(connection: Connection, usage: str) -> Findings:
    check = f"pragmas, {usage}"
    actual = {name: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar()) for name in PRAGMAS}
    differing = {
        name: expected
        for name, expected in PRAGMAS.items()
        if actual[name] != REPORTED_VALUES.get(expected, expected.lower())
    }
    for name, expected in differing.items():
        fix = f"expected {expected}; put the file on a local disk, where every connection can set it"
        yield Finding.error(check, f"{name} is {actual[name]}", fix)
    if not differing:
        yield Finding.ok(check, ", ".join(f"{name} {expected}" for name, expected in PRAGMAS.items()))


def check_integrity(connection: Connection) -> Findings:
    messages = [str(row) for row in connection.exec_driver_sql("PRAGMA quick_check(10)").scalars() if row != "ok"]
    violations = connection.exec_driver_sql("SELECT count(*) FROM pragma_foreign_key_check").scalar() or 0
    if messages:
        yield Finding.error("integrity", "; ".join(messages), "restore a backup and check the disk")
    if violations:
        yield Finding.error("integrity", pluralize(violations, "foreign key violation"), "restore a backup")
    if not messages and not violations:
        yield Finding.ok("integrity", "no corruption and no foreign key violations")
