"""In-memory cache of public responses: the outermost ASGI middleware.

A public GET response depends only on the loaded content, the URL and the encoding. A cached response is sent without
routing, logging or a database query. See docs/decisions/caching.md.
"""

from collections import OrderedDict
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.cache.cached_response import CachedResponse, CorsHeaders
from app.web.cache.release_watcher import ReleaseWatcher

CacheKey = tuple[str, bytes]

CACHEABLE_STATUSES = {200, 308}


class ContentCache:
    """Caches responses marked `Cache-Control: public`. If the cache is full, it removes the least recently used one.

    The cache is cleared when the `ReleaseWatcher` reports a new version. A response is only stored if the content did
    not change while it was created, so that no entry is stale. The cache runs on the event loop and needs no locks.
    """

    def __init__(
        self, app: ASGIApp, *, watcher: ReleaseWatcher, max_entries: int, max_bytes: int, cors_headers: CorsHeaders
    ) -> None:
        self.app = app
        self.hits = 0
        self.misses = 0
        self._watcher = watcher
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._cors_headers = cors_headers
        self._responses: OrderedDict[CacheKey, CachedResponse] = OrderedDict()
        self._total_bytes = 0
        self._version = watcher.version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to GET and HEAD requests. FastAPI alone would reject HEAD with status 405."""
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        if self._version != self._watcher.version:
            self._clear()
        key = cache_key(scope)
        cached = self._responses.get(key)
        if cached is None:
            await self._load(key, scope, receive, send)
            return
        self.hits += 1
        self._responses.move_to_end(key)
        await self._send(cached, scope, send)

    async def _send(self, cached: CachedResponse, scope: Scope, send: Send) -> None:
        start, body = cached.messages(scope["headers"], self._cors_headers)
        await send(start)
        await send(body)

    async def _load(self, key: CacheKey, scope: Scope, receive: Receive, send: Send) -> None:
        state_before = self._watcher.state()
        start: Message | None = None
        chunks: list[bytes] = []

        async def buffer_public(message: Message) -> None:
            """Collect the parts of a public response until it is complete. Forward other responses immediately."""
            nonlocal start
            if message["type"] == "http.response.start" and _is_public(message):
                start = message
            elif start is None:
                await send(message)
            else:
                chunks.append(message.get("body", b""))

        await self.app(scope, receive, buffer_public)
        if start is None:
            return
        self.misses += 1
        cached = CachedResponse.create(start["status"], start["headers"], b"".join(chunks))
        if state_before == self._watcher.state() and not _is_search(scope):
            self._store(key, cached)
        await self._send(cached, scope, send)

    def _store(self, key: CacheKey, cached: CachedResponse) -> None:
        if key in self._responses or cached.size + _key_bytes(key) > self._max_bytes:
            return
        self._responses[key] = cached
        self._total_bytes += cached.size + _key_bytes(key)
        while len(self._responses) > self._max_entries or self._total_bytes > self._max_bytes:
            oldest_key, evicted = self._responses.popitem(last=False)
            self._total_bytes -= evicted.size + _key_bytes(oldest_key)

    def _clear(self) -> None:
        self._version = self._watcher.version
        self._responses.clear()
        self._total_bytes = 0


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_head


def cache_key(scope: Scope) -> CacheKey:
    """Return the path and the sorted query parameters, so that their order does not matter."""
    query: bytes = scope["query_string"]
    return scope["path"], b"&".join(sorted(pair for pair in query.split(b"&") if pair)) if query else b""


def _key_bytes(key: CacheKey) -> int:
    return len(key[0]) + len(key[1])


def _is_public(start: Message) -> bool:
    return start["status"] in CACHEABLE_STATUSES and any(
        name == b"cache-control" and value.startswith(b"public") for name, value in start["headers"]
    )


def _is_search(scope: Scope) -> bool:
    """Return whether the request has a search term. Searches rarely repeat, so they are not cached."""
    names = (pair.partition(b"=")[0] for pair in scope["query_string"].split(b"&"))
    return any(unquote_to_bytes(name) == b"q" for name in names)
