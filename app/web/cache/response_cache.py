"""Replies that are the same for everyone, kept whole as bytes: the outermost layer.

A public content GET is a pure function of (content release, canonical URL, encoding). On a hit nothing else
runs: no router, no log line, no database. Why it is built so: docs/decisions/caching.md.
"""

from collections import OrderedDict
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.cache.release_watcher import ReleaseWatcher
from app.web.cache.reply import Origins, Reply

Key = tuple[str, bytes]

KEPT_STATUSES = {200, 308}


class ContentCache:
    """Keeps what calls itself `Cache-Control: public`; bounded in entries and bytes, the longest unused goes first.

    Everything is dropped when the signal's turn moves on. A reply is kept only if the signal was the same before and
    after it was made, and nothing fell due between: then it shows the content of the turn that it is kept under.
    All of it happens on the event loop's thread; what other threads write, it only compares.
    """

    def __init__(
        self, app: ASGIApp, *, signal: ReleaseWatcher, most_entries: int, most_bytes: int, origins: Origins
    ) -> None:
        self.app = app
        self.hits = 0
        self.misses = 0
        self._signal = signal
        self._most_entries = most_entries
        self._most_bytes = most_bytes
        self._origins = origins
        self._replies: OrderedDict[Key, Reply] = OrderedDict()
        self._bytes = 0
        self._turn = signal.turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a GET or a HEAD, which FastAPI would answer with 405."""
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        if self._turn != self._signal.turn:
            self._drop()
        key = canonical(scope)
        reply = self._replies.get(key)
        if reply is None:
            await self._make(key, scope, receive, send)
            return
        self.hits += 1
        self._replies.move_to_end(key)
        await self._answer(reply, scope, send)

    async def _answer(self, reply: Reply, scope: Scope, send: Send) -> None:
        start, body = reply.messages(scope["headers"], self._origins)
        await send(start)
        await send(body)

    async def _make(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        before = self._signal.now()
        start: Message | None = None
        chunks: list[bytes] = []

        async def collect(message: Message) -> None:
            """Hold back a reply for everyone until it is whole; let any other through."""
            nonlocal start
            if message["type"] == "http.response.start" and _is_public(message):
                start = message
            elif start is None:
                await send(message)
            else:
                chunks.append(message.get("body", b""))

        await self.app(scope, receive, collect)
        if start is None:
            return
        self.misses += 1
        reply = Reply.of(start["status"], start["headers"], b"".join(chunks))
        if before == self._signal.now() and not _is_search(scope):
            self._keep(key, reply)
        await self._answer(reply, scope, send)

    def _keep(self, key: Key, reply: Reply) -> None:
        if key in self._replies or reply.size + _length(key) > self._most_bytes:
            return
        self._replies[key] = reply
        self._bytes += reply.size + _length(key)
        while len(self._replies) > self._most_entries or self._bytes > self._most_bytes:
            oldest, gone = self._replies.popitem(last=False)
            self._bytes -= gone.size + _length(oldest)

    def _drop(self) -> None:
        self._turn = self._signal.turn
        self._replies.clear()
        self._bytes = 0


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_head


def canonical(scope: Scope) -> Key:
    """The address with its parameters in order, so that their order makes no second copy."""
    query: bytes = scope["query_string"]
    return scope["path"], b"&".join(sorted(pair for pair in query.split(b"&") if pair)) if query else b""


def _length(key: Key) -> int:
    return len(key[0]) + len(key[1])


def _is_public(start: Message) -> bool:
    return start["status"] in KEPT_STATUSES and any(
        name == b"cache-control" and value.startswith(b"public") for name, value in start["headers"]
    )


def _is_search(scope: Scope) -> bool:
    """Searches are as many as there are people typing: each is asked once."""
    names = (pair.partition(b"=")[0] for pair in scope["query_string"].split(b"&"))
    return any(unquote_to_bytes(name) == b"q" for name in names)
