"""Members and a visitor that send requests continuously, for example during a fault."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from threading import Event

import httpx

from bench.client.members import PASSWORD, SIGN_IN
from bench.client.requests import CURRENT_RUN_PATH
from trials.clients import TimedExchange, concurrently, open_client
from trials.writers import Writer

SIGN_IN_SHARE = 0.25  # of the reads, after which the member signs in
PUBLIC_PATHS = ("/v1/articles", "/v1/site", "/v1/topics", "/v1/journeys/21-days", "/v1/support?country=IE")


@dataclass(slots=True)
class Traffic:
    """Sends requests from one thread for each member and one for a visitor.

    Members write, read and sign in. With `only_writes`, they only write, and there is no visitor.
    """

    url: str
    writers: Sequence[Writer]
    pause: float = 0.1  # seconds between two requests of a client
    only_writes: bool = False
    stop: Event = field(default_factory=Event)
    member_exchanges: list[TimedExchange] = field(default_factory=list)
    public_exchanges: list[TimedExchange] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["Traffic"]:
        visitors = [] if self.only_writes else [self._visit]
        with concurrently(*(partial(self._act_as, writer) for writer in self.writers), *visitors):
            try:
                yield self
            finally:
                self.stop.set()

    @property
    def failures(self) -> list[TimedExchange]:
        return [exchange for exchange in self.member_exchanges + self.public_exchanges if not exchange.is_success]

    def differing_members(self) -> list[str]:
        """Return the members whose stored values differ from the acknowledged writes, and all rejected writes.

        Writes with an unknown outcome are repeated first.
        """
        for writer in self.writers:
            if writer.unanswered:
                with open_client(self.url, writer.walker) as client:
                    writer.write(client)
        rejected = [error for writer in self.writers for error in writer.rejected]
        different = [writer for writer in self.writers if writer.read_state(self.url) != writer.state]
        return [*(writer.walker.address for writer in different), *rejected]

    def _act_as(self, writer: Writer) -> None:
        credentials = {"email": writer.walker.address, "password": PASSWORD}
        with open_client(self.url, writer.walker, self.member_exchanges) as client:
            while True:
                writer.write(client)
                if self.stop.wait(self.pause):
                    break
                if self.only_writes:
                    continue
                with suppress(httpx.TransportError):  # recorded as an exchange without response
                    client.get(CURRENT_RUN_PATH)
                    if writer.random.random() < SIGN_IN_SHARE:
                        client.post(SIGN_IN, json=credentials)
                if self.stop.wait(self.pause):
                    break

    def _visit(self) -> None:
        with open_client(self.url, exchanges=self.public_exchanges) as client:
            for path in cycle(PUBLIC_PATHS):
                with suppress(httpx.TransportError):
                    client.get(path)
                if self.stop.wait(self.pause):
                    break
