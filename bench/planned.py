"""Load of many members: requests with a token each, one after the other over kept-alive connections."""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.machine import CLIENT, on_cores
from bench.replayed import Replayed
from bench.wrk import CONNECTIONS

TOGETHER = 100  # members who go through their days at the same time
SCRIPT = Path(__file__).parent / "plan.lua"

Header = tuple[str, str]  # that stands for a member


@dataclass(slots=True)
class Plan:
    """Requests of one kind: some members' in turn, path by path, then those of the next. What changes something is sent
    `once`.
    """

    members: Sequence[Header]
    paths: Sequence[str]
    method: str = "GET"
    body: str = ""
    once: bool = False
    used: int = 0

    @property
    def lines(self) -> list[str]:
        some = (self.members[n : n + TOGETHER] for n in range(0, len(self.members), TOGETHER))
        lines = [f"{name}\t{value}\t{path}" for each in some for path in self.paths for name, value in each]
        return lines[self.used :]

    @property
    def single(self) -> "Plan":
        """One request again and again, for a server that doesn't look at it: nothing is to slow down the client."""
        return replace(self, members=self.members[:1], paths=self.paths[:1], once=False, used=0)

    def rate(self, url: str, folder: Path, *, seconds: int) -> float:
        """Requests a second. Raises if one failed, or if there weren't enough that are sent once."""
        lines = self.lines
        (folder / "plan.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-s", str(SCRIPT), url]
        settings = {"PLAN": str(folder / "plan.txt"), "METHOD": self.method, "BODY": self.body}
        said = subprocess.check_output([*on_cores(CLIENT), *command], env=os.environ | settings, text=True)
        rate, sent = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"(\d+) requests in", said)
        if rate is None or sent is None or "Non-2xx" in said or "Socket errors" in said:
            raise RuntimeError(said)
        if self.once:
            self.used += int(sent[1]) + 2 * CONNECTIONS  # some are under way when the time is over
            if int(sent[1]) >= len(lines):
                raise RuntimeError(f"{len(lines)} requests of {self.method} weren't enough")
        return float(rate[1])

    def reply(self, url: str) -> Replayed:
        """The reply to the next request."""
        name, value, path = self.lines[0].split("\t")
        self.used += self.once
        headers = {name: value, "content-type": "application/json"}
        return Replayed.fetch(url + path, headers, method=self.method, body=self.body)
