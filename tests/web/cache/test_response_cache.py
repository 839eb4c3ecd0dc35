"""Tests for the response cache: hits, headers, invalidation and limits."""

from collections.abc import Mapping

from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from app.core.db.database import Database
from app.web.cache.release_watcher import ReleaseWatcher
from app.web.cache.response_cache import ContentCache, cache_key
from tests.conftest import Backend, ContentEditor

ORIGIN = "http://localhost:3000"


def hits(client: TestClient) -> int:
    line = next(
        line
        for line in client.get("/metrics").text.splitlines()
        if line.startswith("twentyone_content_cache_hits_total ")
    )
    return int(float(line.split()[1]))


def test_second_request_is_cache_hit_with_identical_response(shared_client: TestClient) -> None:
    path = "/v1/articles?limit=2"
    first = shared_client.get(path)
    hits_before = hits(shared_client)

    second = shared_client.get(path)

    assert hits(shared_client) == hits_before + 1
    assert second.content == first.content
    assert dict(second.headers) == dict(first.headers)
    assert second.headers["cache-control"] == "public, no-cache"
    assert second.headers["x-content-type-options"] == "nosniff"


def test_parameter_order_and_authorization_cause_no_cache_miss(shared_client: TestClient) -> None:
    shared_client.get("/v1/articles?topic=loneliness&limit=3")
    hits_before = hits(shared_client)

    response = shared_client.get("/v1/articles?limit=3&topic=loneliness", headers={"Authorization": "Bearer anything"})

    assert (response.status_code, hits(shared_client)) == (200, hits_before + 1)


def test_matching_etag_returns_304_without_body(shared_client: TestClient) -> None:
    for encoding in ("gzip", "identity"):
        headers = {"Accept-Encoding": encoding}
        etag = shared_client.get("/v1/topics", headers=headers).headers["ETag"]

        response = shared_client.get("/v1/topics", headers=headers | {"If-None-Match": etag})

        assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", etag)
        assert "content-type" not in response.headers
        assert response.headers["vary"] == "Accept-Encoding, Origin"


def test_each_encoding_has_its_own_strong_etag(shared_client: TestClient) -> None:
    gzipped = shared_client.get("/v1/topics", headers={"Accept-Encoding": "gzip"})
    identity = shared_client.get("/v1/topics", headers={"Accept-Encoding": "identity"})

    assert gzipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in identity.headers
    assert gzipped.json() == identity.json()
    assert gzipped.headers["ETag"].strip('"') == identity.headers["ETag"].strip('"') + "-gzip"
    assert int(gzipped.headers["content-length"]) < int(identity.headers["content-length"])


def test_head_returns_headers_of_get(shared_client: TestClient) -> None:
    full_response = shared_client.get("/v1/site")

    response = shared_client.head("/v1/site")

    assert response.content == b""
    assert dict(response.headers) == dict(full_response.headers)


def test_allowed_origin_gets_cors_headers_on_hit_and_miss(shared_client: TestClient) -> None:
    path = "/v1/articles?limit=10"
    for _ in range(2):
        response = shared_client.get(path, headers={"Origin": ORIGIN})

        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert "ETag" in response.headers["access-control-expose-headers"]
        assert sorted(part.strip() for part in response.headers["vary"].split(",")) == ["Accept-Encoding", "Origin"]
    assert "access-control-allow-origin" not in shared_client.get(path).headers


def test_cached_cors_headers_equal_uncached_cors_headers(shared_client: TestClient) -> None:
    """The cache sets CORS headers itself. For other responses, Starlette's middleware sets them."""
    cached_response, uncached = (
        shared_client.get(path, headers={"Origin": ORIGIN}).headers for path in ("/v1/site", "/nowhere")
    )

    def cors_headers(headers: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in headers.items() if name.startswith("access-control-")}

    assert cors_headers(cached_response) == cors_headers(uncached) != {}


def test_cached_response_echoes_only_valid_request_id(shared_client: TestClient) -> None:
    shared_client.get("/v1/site")

    assert shared_client.get("/v1/site", headers={"X-Request-ID": "abc-12345"}).headers["x-request-id"] == "abc-12345"
    assert "x-request-id" not in shared_client.get("/v1/site").headers
    assert "x-request-id" not in shared_client.get("/v1/site", headers={"X-Request-ID": "a b<script>"}).headers


def test_searches_and_errors_are_not_cached(shared_client: TestClient) -> None:
    hits_before = hits(shared_client)

    for path in ("/v1/articles?q=walking", "/v1/articles?%71=walking", "/v1/articles/nothing-here"):
        for _ in range(2):
            shared_client.get(path)

        assert hits(shared_client) == hits_before, path


def test_search_with_matching_etag_returns_304(shared_client: TestClient) -> None:
    etag = shared_client.get("/v1/articles?q=walking").headers["ETag"]

    assert shared_client.get("/v1/articles?q=walking", headers={"If-None-Match": etag}).status_code == 304


def test_new_release_clears_cache(editor: ContentEditor) -> None:
    editor.write("one", title="Before")
    editor.load()
    assert editor.client.get("/v1/articles/one").json()["title"] == "Before"

    editor.write("one", title="After")
    editor.load()

    assert editor.client.get("/v1/articles/one").json()["title"] == "After"


def test_cached_responses_are_served_when_database_is_down(editor: ContentEditor, backend: Backend) -> None:
    editor.write("one")
    editor.load()
    cached_response = editor.client.get("/v1/articles/one")

    backend.drop(editor.database.url)
    editor.database.close()
    editor.app.state.services.web.database.close()

    assert editor.client.get("/v1/articles/one").content == cached_response.content
    uncached_response = editor.client.get("/v1/articles")
    assert (uncached_response.status_code, uncached_response.headers["content-type"]) == (
        503,
        "application/problem+json",
    )


def rebuild_nothing() -> None:
    """Skip the rebuild of the search index."""


async def public_app(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"public")]})
    await send({"type": "http.response.body", "body": b"x" * 100})


def test_response_created_during_version_change_is_not_cached(database: Database) -> None:
    watcher = ReleaseWatcher(database, rebuild=rebuild_nothing)

    async def changing_app(scope: Scope, receive: Receive, send: Send) -> None:
        watcher.version += 1
        await public_app(scope, receive, send)

    cache = ContentCache(changing_app, watcher=watcher, max_entries=10, max_bytes=10**6, cors_headers={})
    client = TestClient(cache)

    client.get("/page")
    client.get("/page")

    assert (cache.hits, cache.misses) == (0, 2)


def test_cache_evicts_entries_beyond_count_and_size_limits(database: Database) -> None:
    watcher = ReleaseWatcher(database, rebuild=rebuild_nothing)
    limited_entries = ContentCache(public_app, watcher=watcher, max_entries=2, max_bytes=10**6, cors_headers={})
    limited_bytes = ContentCache(public_app, watcher=watcher, max_entries=100, max_bytes=2 * 4300, cors_headers={})
    for cache in (limited_entries, limited_bytes):
        client = TestClient(cache)
        for path in ("/a", "/b", "/c", "/b", "/c", "/a"):
            client.get(path)

        assert (cache.hits, cache.misses) == (2, 4)


def test_cache_key_sorts_query_parameters() -> None:
    assert cache_key({"path": "/v1/x", "query_string": b"b=2&&a=1&a=0&"}) == ("/v1/x", b"a=0&a=1&b=2")
    assert cache_key({"path": "/v1/x", "query_string": b""}) == ("/v1/x", b"")


def test_escaped_question_mark_in_path_is_not_query(shared_client: TestClient) -> None:
    assert shared_client.get("/v1/topics?limit=3").status_code == 200
    assert shared_client.get("/v1/topics%3Flimit=3").status_code == 404
