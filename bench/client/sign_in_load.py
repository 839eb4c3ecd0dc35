"""Benchmark client that signs in continuously from many connections.

`python -m bench.client.sign_in_load URL SECONDS CLIENTS` prints the responses per second of each status as JSON. Each
client is an existing member (`bench/client/members.py`) that waits for each response and alternates between the
correct and a wrong password.
"""

import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle

from bench.client.members import PASSWORD, SIGN_IN, WRONG_PASSWORD, Client, address_of

EXPECTED_STATUSES = {PASSWORD: {200, 503}, WRONG_PASSWORD: {401, 503}}


def main(url: str, seconds: str, clients: str) -> None:
    with ThreadPoolExecutor(int(clients)) as pool:
        statuses = list(pool.map(partial(_sign_in_repeatedly, url, float(seconds)), range(int(clients))))
    total: Counter[int] = sum(statuses, Counter())
    print(json.dumps({status: count / float(seconds) for status, count in total.items()}))


def _sign_in_repeatedly(url: str, seconds: float, n: int) -> Counter[int]:
    client, statuses = Client(url), Counter[int]()
    deadline = time.monotonic() + seconds
    for password in cycle((PASSWORD, WRONG_PASSWORD) if n % 2 else (WRONG_PASSWORD, PASSWORD)):
        if time.monotonic() > deadline:
            break
        status = client.post(SIGN_IN, email=address_of(n), password=password)
        if status not in EXPECTED_STATUSES[password]:
            raise RuntimeError(f"{SIGN_IN}: {status}")
        statuses[status] += 1
    return statuses


if __name__ == "__main__":
    main(*sys.argv[1:])
