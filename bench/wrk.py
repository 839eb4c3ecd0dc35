"""Runs wrk and reads what it says."""

import re
import shutil
import subprocess
from collections.abc import Mapping

from bench.machine import CLIENT, on_cores

MISSING = """\
bench: `wrk` isn't installed. It is the small HTTP load generator (https://github.com/wg/wrk) that sends the requests.
Get it with `apt-get install wrk` (Debian, Ubuntu), `brew install wrk` (macOS), or build it from its sources.
"""
CONNECTIONS = 8

Headers = Mapping[str, str]


def is_installed() -> bool:
    return shutil.which("wrk") is not None


def requests_per_second(url: str, headers: Headers, *, seconds: int = 1) -> float:
    """Ask for one address over kept-alive connections, as often as answers come. Raises on any failed request."""
    named = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", *named, url]
    said = subprocess.check_output([*on_cores(CLIENT), *command], text=True)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if rate is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    return float(rate[1])
