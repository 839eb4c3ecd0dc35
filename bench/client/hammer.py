"""Many clients who sign in as fast as they are answered.

`python -m bench.client.hammer URL SECONDS CLIENTS` prints, as JSON, the answers of each status in a second. Each client
is a member (`bench/client/members.py`) that exists already, and sends the right and a wrong password in turn.
"""

import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle

from bench.client.members import PASSWORD, SIGN_IN, WRONG, Client, address_of

ANSWERS = {PASSWORD: {200, 503}, WRONG: {401, 503}}


def main(url: str, seconds: str, clients: str) -> None:
    with ThreadPoolExecutor(int(clients)) as pool:
        answers = list(pool.map(partial(_hammer, url, float(seconds)), range(int(clients))))
    total: Counter[int] = sum(answers, Counter())
    print(json.dumps({status: many / float(seconds) for status, many in total.items()}))


def _hammer(url: str, seconds: float, n: int) -> Counter[int]:
    client, answers = Client(url), Counter[int]()
    give_up = time.monotonic() + seconds
    for password in cycle((PASSWORD, WRONG) if n % 2 else (WRONG, PASSWORD)):
        if time.monotonic() > give_up:
            break
        status = client.post(SIGN_IN, email=address_of(n), password=password)
        if status not in ANSWERS[password]:
            raise RuntimeError(f"{SIGN_IN}: {status}")
        answers[status] += 1
    return answers


if __name__ == "__main__":
    main(*sys.argv[1:])
