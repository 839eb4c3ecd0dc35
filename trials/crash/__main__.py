"""`python -m trials.crash [N [SEED]]`: `kill -9` of a server, N times, and of commands, at random moments, on both
databases.

What was acknowledged is there afterwards, what wasn't is there in whole or not at all, and the database is whole.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random, SystemRandom

from bench.servers.processes import Place
from trials.crash.commands import kill_loads, kill_rotations
from trials.crash.erasures import expect_written_down, kill_erasures
from trials.crash.ground import Ground
from trials.crash.postgresql import durable_postgresql
from trials.crash.servers import kill_servers
from trials.verdict import Verdict

KILLS = 25
MEMBERS = 300  # whose keys are rotated


def crash(ground: Ground, *, kills: int) -> None:
    kill_loads(ground, kills=kills)
    erased = kill_erasures(ground, kills=kills, server_kills=max(1, kills // 2))
    kill_servers(ground, kills=kills)
    expect_written_down(ground, erased)
    kill_rotations(ground, kills=kills, members=MEMBERS)


def main(arguments: Sequence[str]) -> int:
    kills, seed = (*map(int, arguments), *(KILLS, SystemRandom().getrandbits(32))[len(arguments) :])
    print(f"Seed {seed}: `python -m trials.crash {kills} {seed}` draws the same again; who comes first is chance.")
    verdict, random = Verdict(), Random(seed)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory(prefix="twentyone-crash-") as name:
        places = [Place(Path(name) / part, workers=2) for part in ("sqlite", "postgresql")]
        for place in places:
            place.folder.mkdir()
        address = f"sqlite:///{places[0].folder / 'crash.db'}"
        crash(Ground("SQLite", places[0], address, verdict, random).load(), kills=kills)
        with durable_postgresql() as server:
            address = server.create("crash")
            crash(Ground("PostgreSQL", places[1], address, verdict, random, server).load(), kills=kills)
    return verdict.told()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
