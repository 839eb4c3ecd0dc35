"""The SQLite fault, pragmas, and a file that isn't whole."""

from pathlib import Path

import pytest
from sqlalchemy import URL

from app.cli import migrate_database
from app.content.commands import load_folder
from app.core.db.database import Database
from app.core.db.engines import sqlite_driver, sqlite_engine
from app.doctor.sqlite import has_reset_fault, look_at_library, look_at_pragmas
from tests.doctor.conftest import Examine


@pytest.mark.parametrize("version", ["3.7.0", "3.40.1", "3.44.5", "3.45.0", "3.49.2", "3.50.6", "3.51.0", "3.51.2"])
def test_versions_with_the_fault(version: str) -> None:
    assert has_reset_fault(tuple(map(int, version.split("."))))
    [here], [there] = (look_at_library(version, in_production=each) for each in (True, False))
    assert (here.state, there.state) == ("wrong", "look")
    assert here.found.startswith(f"{version}, which can corrupt")


@pytest.mark.parametrize("version", ["3.6.23", "3.44.6", "3.44.9", "3.50.7", "3.51.3", "3.52.0", "3.53.4", "4.0.0"])
def test_versions_without_it(version: str) -> None:
    [found] = look_at_library(version, in_production=True)

    assert (found.state, found.found) == ("good", version)


def test_a_connection_that_is_set_otherwise_is_wrong(tmp_path: Path) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "any.db"))
    engine = sqlite_engine(url, pool_size=1, patience=1, pragmas={"synchronous": "NORMAL", "secure_delete": "OFF"})
    with engine.connect() as connection:
        found = [each.found for each in look_at_pragmas(connection, "writing") if each.state == "wrong"]
    engine.dispose()

    assert found == ["synchronous is 1", "secure_delete is 0"]


def test_a_file_that_is_not_whole_is_wrong(examine: Examine, tmp_path: Path, folder: Path) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "any.db"))
    database = Database(url, seconds=10)
    migrate_database(database)
    load_folder(database, folder)
    database.close()
    with sqlite_driver().connect(str(url.database)) as connection:
        connection.execute("UPDATE articles SET author_slug = 'nobody'")
    connection.close()
    astray = examine(url)
    with Path(str(url.database)).open("r+b") as file:
        file.seek(10 * 4096)
        file.write(b"\xff" * 4096)
    torn = examine(url)

    assert astray.wrong == {"integrity": "1 rows point to others that aren't there"}
    assert torn.exit_code == 1
    assert "integrity" in torn.wrong
