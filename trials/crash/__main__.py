"""Trial (long-running reliability check) that kills servers and commands at random moments.

`python -m trials.crash [N [SEED]]` kills the server and each command N times with SIGKILL, on both databases. After
each kill, acknowledged writes must be stored, unacknowledged writes must be stored completely or not at all, and the
database must be intact.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random, SystemRandom

from bench.servers.processes import Sandbox
from trials.crash.commands import kill_content_loads, kill_key_rotations
from trials.crash.environment import CrashEnvironment
from trials.crash.erasures import check_erasure_log, kill_erasures
from trials.crash.postgresql import durable_postgresql
from trials.crash.servers import kill_servers
from trials.verdict import Verdict

KILLS = 25
ROTATED_MEMBERS = 300  # members whose data the key rotation encrypts again


def run_crash_trials(environment: CrashEnvironment, *, kills: int) -> None:
    kill_content_loads(environment, kills=kills)
    erased_ids = kill_erasures(environment, kills=kills, server_kills=max(1, kills // 2))
    kill_servers(environment, kills=kills)
    check_erasure_log(environment, erased_ids)
    kill_key_rotations(environment, kills=kills, members=ROTATED_MEMBERS)


def main(arguments: Sequence[str]) -> int:
    kills, seed = (*map(int, arguments), *(KILLS, SystemRandom().getrandbits(32))[len(arguments) :])
    print(f"Seed {seed}: `python -m trials.crash {kills} {seed}` repeats the random values, but not the timing.")
    verdict, random = Verdict(), Random(seed)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory(prefix="twentyone-crash-") as directory:
        sandboxes = [Sandbox(Path(directory) / database_name, workers=2) for database_name in ("sqlite", "postgresql")]
        for sandbox in sandboxes:
            sandbox.folder.mkdir()
        database_url = f"sqlite:///{sandboxes[0].folder / 'crash.db'}"
        run_crash_trials(
            CrashEnvironment("SQLite", sandboxes[0], database_url, verdict, random).load_content(), kills=kills
        )
        with durable_postgresql() as server:
            database_url = server.create_database("crash")
            run_crash_trials(
                CrashEnvironment("PostgreSQL", sandboxes[1], database_url, verdict, random, server).load_content(),
                kills=kills,
            )
    return verdict.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
