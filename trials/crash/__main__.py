"""Trial (long-running reliability check) that kills servers and commands at random moments.

`python -m trials.crash [N [SEED]]` kills the server and each command N times with SIGKILL, on both databases. After
each kill, acknowledged writes must be stored, unacknowledged writes must be stored completely or not at all, and the
database must be intact.
"""

import sys
from collections.abc import Sequence
from random import Random, SystemRandom

from bench.client.journey_members import open_database
from trials.crash.commands import kill_content_loads, kill_key_rotations
from trials.crash.erasures import Erasures
from trials.crash.servers import kill_servers
from trials.environment import Environment, run_on_databases

KILLS = 25
ROTATED_MEMBERS = 300  # members whose data the key rotation encrypts again


def run_crash_trials(environment: Environment, *, kills: int, members: int = ROTATED_MEMBERS) -> None:
    kill_content_loads(environment, kills=kills)
    with open_database(environment.database_url) as database:
        erasures = Erasures(environment, database)
        interrupted = erasures.kill_commands(kills)
        kill_servers(environment, erasures, kills=kills)
        erasures.report(f"{kills} kills of the command, {interrupted} during the erasure")
    kill_key_rotations(environment, kills=kills, members=members)


def main(arguments: Sequence[str]) -> int:
    kills, seed = (*map(int, arguments), *(KILLS, SystemRandom().getrandbits(32))[len(arguments) :])
    print(f"Seed {seed}: `python -m trials.crash {kills} {seed}` repeats the random values, but not the timing.")
    random = Random(seed)  # noqa: S311 - no secret
    return run_on_databases(lambda environment: run_crash_trials(environment, kills=kills), workers=2, random=random)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
