"""A SQLite file: its library, how its connections are set, and whether it is whole (docs/decisions/sqlite.md)."""

from sqlalchemy import Connection

from app.core.db.engines import PRAGMAS
from app.doctor.findings import Findings, good, look, wrong

MENDED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))  # releases without the fault; the last one stands for all after it
SAYS = {"ON": "1", "FULL": "2"}  # how SQLite answers what was set


def has_reset_fault(version: tuple[int, ...]) -> bool:
    """Whether the log's reset can corrupt the database while another connection writes: since 3.7.0."""
    mended = next((release for release in MENDED if release[:2] == version[:2]), MENDED[-1])
    return (3, 7, 0) <= version < mended


def look_at_library(version: str, *, in_production: bool) -> Findings:
    what, found = "SQLite", f"{version}{', which can corrupt the file when its log is reset' * _is_faulty(version)}"
    state = wrong if in_production else look
    right = f"{'.'.join(map(str, MENDED[-1]))} or later: install pysqlite3, or a newer Python"
    yield state(what, found, right) if _is_faulty(version) else good(what, found)


def look_at_pragmas(connection: Connection, who: str) -> Findings:
    what = f"pragmas, {who}"
    differing = [
        (name, found, wanted)
        for name, wanted in PRAGMAS.items()
        if (found := str(connection.exec_driver_sql(f"PRAGMA {name}").scalar())) != SAYS.get(wanted, wanted.lower())
    ]
    for name, found, wanted in differing:
        yield wrong(what, f"{name} is {found}", f"{wanted}, as every connection sets it: a disk of this machine's own")
    if not differing:
        yield good(what, ", ".join(f"{name} {wanted}" for name, wanted in PRAGMAS.items()))


def look_at_integrity(connection: Connection) -> Findings:
    what = "integrity"
    faults = [str(said) for said in connection.exec_driver_sql("PRAGMA quick_check(10)").scalars() if said != "ok"]
    astray = connection.exec_driver_sql("SELECT count(*) FROM pragma_foreign_key_check").scalar() or 0
    if faults:
        yield wrong(what, "; ".join(faults), "restore a backup, and have the disk looked at")
    if astray:
        yield wrong(what, f"{astray} rows point to others that aren't there", "restore a backup")
    if not faults and not astray:
        yield good(what, "the file is whole, and every reference leads somewhere")


def _is_faulty(version: str) -> bool:
    return has_reset_fault(tuple(int(part) for part in version.split(".")))
