"""So many examples, of 40 steps each, on each database or those that are named; by a seed, which is told."""

import os
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

from sqlalchemy import URL, make_url

from app.cli import migrate_database
from app.core.db.database import Database
from bench.servers.databases import DATABASES
from trials.machine.leading import lead
from trials.machine.site import furnish
from trials.verdict import Verdict

EXAMPLES, STEPS = 200, 40


def main(argv: list[str]) -> int:
    examples = int(argv[0]) if argv else EXAMPLES
    by = int(argv[1]) if argv[1:] else random.SystemRandom().getrandbits(32)
    names = argv[2:] or DATABASES
    os.environ["TWENTYONE_LOG_LEVEL"] = "error"  # the verdict is to be read
    print(f"Seed {by}.")
    verdict = Verdict()
    for name in names:
        with furnished(name) as url:
            lead(verdict, name, url, examples=examples, steps=STEPS, by=by)
    return verdict.told()


@contextmanager
def furnished(name: str) -> Iterator[URL]:
    with tempfile.TemporaryDirectory(prefix="twentyone-") as folder, DATABASES[name](Path(folder)) as create:
        url = make_url(create("machine"))
        if url.get_backend_name() == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        database = Database(url, seconds=30)
        migrate_database(database)
        database.close()
        with redirect_stdout(StringIO()):
            furnish(url, Path(folder) / "content")
        yield url


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
