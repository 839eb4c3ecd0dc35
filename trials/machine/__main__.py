"""Compare the API with an in-memory model of its state, in examples of 40 random steps.

The arguments are the number of examples, a seed and database names. The seed is printed, so that a failure can be
reproduced.
"""

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
from trials.machine.runner import run_machine
from trials.machine.servers import load_test_content
from trials.verdict import Verdict

EXAMPLES, STEPS = 200, 40


def main(argv: list[str]) -> int:
    examples = int(argv[0]) if argv else EXAMPLES
    seed_value = int(argv[1]) if argv[1:] else random.SystemRandom().getrandbits(32)
    database_names = argv[2:] or DATABASES
    os.environ["TWENTYONE_LOG_LEVEL"] = "error"  # fewer log lines between the results
    print(f"Seed {seed_value}.")
    verdict = Verdict()
    for name in database_names:
        with migrated_database(name) as url:
            run_machine(verdict, name, url, examples=examples, steps=STEPS, seed_value=seed_value)
    return verdict.finish()


@contextmanager
def migrated_database(name: str) -> Iterator[URL]:
    with (
        tempfile.TemporaryDirectory(prefix="twentyone-") as directory,
        DATABASES[name](Path(directory)) as create_database,
    ):
        url = make_url(create_database("machine"))
        if url.get_backend_name() == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        database = Database(url, request_timeout=30)
        migrate_database(database)
        database.close()
        with redirect_stdout(StringIO()):
            load_test_content(url, Path(directory) / "content")
        yield url


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
