"""Replies for everyone are kept whole, served without anything behind them, and dropped when content changes."""

from collections.abc import Mapping

import pytest
from starlette.testclient import TestClient

from app.core.db.database import Database
from app.web.cache.release_watcher import ReleaseWatcher
from app.web.cache.response_cache import ContentCache, canonical
from tests.conftest import Backend, Studio

ORIGIN = "http://localhost:3000"


def hits(client: TestClient) -> int:
    line = next(
        line
        for line in client.get("/metrics").text.splitlines()
        if line.startswith("twentyone_content_cache_hits_total ")
    )
    return int(float(line.split()[1]))


def test_a_second_request_is_a_hit_with_the_same_bytes_and_headers(reader: TestClient) -> None:
    path = "/v1/articles?limit=2"
    first = reader.get(path)
    before = hits(reader)

    second = reader.get(path)

    assert hits(reader) == before + 1
    assert second.content == first.content
    assert dict(second.headers) == dict(first.headers)
    assert second.headers["cache-control"] == "public, no-cache"
    assert second.headers["x-content-type-options"] == "nosniff"


def test_the_order_of_parameters_makes_no_second_copy(reader: TestClient) -> None:
    reader.get("/v1/articles?topic=loneliness&limit=3")
    before = hits(reader)

    reader.get("/v1/articles?limit=3&topic=loneliness")

    assert hits(reader) == before + 1


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_matching_tag_answers_304_without_a_body(reader: TestClient, encoding: str) -> None:
    whole = reader.get("/v1/topics", headers={"Accept-Encoding": encoding})

    reply = reader.get("/v1/topics", headers={"Accept-Encoding": encoding, "If-None-Match": whole.headers["ETag"]})

    assert (reply.status_code, reply.content) == (304, b"")
    assert reply.headers["ETag"] == whole.headers["ETag"]
    assert "content-type" not in reply.headers
    assert reply.headers["vary"] == "Accept-Encoding, Origin"


def test_each_encoding_has_a_strong_tag_of_its_own(reader: TestClient) -> None:
    packed = reader.get("/v1/topics", headers={"Accept-Encoding": "gzip"})
    plain = reader.get("/v1/topics", headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert packed.headers["ETag"].strip('"') == plain.headers["ETag"].strip('"') + "-gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])


def test_authorization_changes_nothing(reader: TestClient) -> None:
    reader.get("/v1/site")
    before = hits(reader)

    reply = reader.get("/v1/site", headers={"Authorization": "Bearer anything"})

    assert (reply.status_code, hits(reader)) == (200, before + 1)


def test_head_answers_with_the_headers_of_get(reader: TestClient) -> None:
    whole = reader.get("/v1/site")

    reply = reader.head("/v1/site")

    assert reply.content == b""
    assert dict(reply.headers) == dict(whole.headers)


@pytest.mark.parametrize("times", [1, 2])
def test_another_origin_gets_cors_headers_kept_or_not(reader: TestClient, times: int) -> None:
    path = f"/v1/articles?limit={10 + times}"
    for _ in range(times):
        reply = reader.get(path, headers={"Origin": ORIGIN})

    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "ETag" in reply.headers["access-control-expose-headers"]
    assert sorted(part.strip() for part in reply.headers["vary"].split(",")) == ["Accept-Encoding", "Origin"]
    assert "access-control-allow-origin" not in reader.get(path).headers


def test_a_kept_reply_says_to_an_origin_what_any_other_says(reader: TestClient) -> None:
    """The cache adds these headers itself, Starlette's layer to the rest: they must agree."""
    kept, other = (reader.get(path, headers={"Origin": ORIGIN}).headers for path in ("/v1/site", "/nowhere"))

    def said(headers: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in headers.items() if name.startswith("access-control-")}

    assert said(kept) == said(other) != {}


@pytest.mark.parametrize("origin", ["null", "https://localhost:3000", "http://localhost:3000.evil.example"])
def test_a_strange_origin_gets_no_cors_headers(reader: TestClient, origin: str) -> None:
    for _ in range(2):
        reply = reader.get("/v1/site", headers={"Origin": origin})

        assert reply.status_code == 200
        assert "access-control-allow-origin" not in reply.headers


def test_a_request_id_is_echoed_only_where_it_was_sent_and_is_harmless(reader: TestClient) -> None:
    reader.get("/v1/site")

    assert reader.get("/v1/site", headers={"X-Request-ID": "abc-12345"}).headers["x-request-id"] == "abc-12345"
    assert "x-request-id" not in reader.get("/v1/site").headers
    assert "x-request-id" not in reader.get("/v1/site", headers={"X-Request-ID": "a b<script>"}).headers


@pytest.mark.parametrize("path", ["/v1/articles?q=walking", "/v1/articles?%71=walking", "/v1/articles/nothing-here"])
def test_searches_and_errors_are_not_kept(reader: TestClient, path: str) -> None:
    reader.get(path)
    before = hits(reader)

    reader.get(path)

    assert hits(reader) == before


def test_a_search_has_a_tag_all_the_same(reader: TestClient) -> None:
    tag = reader.get("/v1/articles?q=walking").headers["ETag"]

    assert reader.get("/v1/articles?q=walking", headers={"If-None-Match": tag}).status_code == 304


def test_a_release_drops_what_was_kept(studio: Studio) -> None:
    studio.write("one", title="Before")
    studio.load()
    assert studio.client.get("/v1/articles/one").json()["title"] == "Before"

    studio.write("one", title="After")
    studio.load()

    assert studio.client.get("/v1/articles/one").json()["title"] == "After"


def test_kept_replies_are_served_while_the_database_is_away(studio: Studio, backend: Backend) -> None:
    studio.write("one")
    studio.load()
    kept = studio.client.get("/v1/articles/one")

    backend.drop(studio.database.url)
    studio.database.close()
    studio.app.state.services.web.database.close()

    assert studio.client.get("/v1/articles/one").content == kept.content
    gone = studio.client.get("/v1/articles")
    assert (gone.status_code, gone.headers["content-type"]) == (503, "application/problem+json")


def nothing() -> None:
    """What a signal without an index rebuilds."""


def test_a_reply_made_across_a_change_is_not_kept(database: Database) -> None:
    """The content changes while the reply is made: what was read before must not be served after."""
    signal = ReleaseWatcher(database, rebuild=nothing)

    async def inner(scope: object, receive: object, send: object) -> None:
        signal.turn += 1
        await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"public")]})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"old"})  # type: ignore[operator]

    cache = ContentCache(inner, signal=signal, most_entries=10, most_bytes=10**6, origins={})
    client = TestClient(cache)

    client.get("/page")
    client.get("/page")

    assert (cache.hits, cache.misses) == (0, 2)


def test_the_cache_is_bounded_in_entries_and_bytes(database: Database) -> None:
    async def inner(scope: object, receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"public")]})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"x" * 100})  # type: ignore[operator]

    signal = ReleaseWatcher(database, rebuild=nothing)
    few = ContentCache(inner, signal=signal, most_entries=2, most_bytes=10**6, origins={})
    small = ContentCache(inner, signal=signal, most_entries=100, most_bytes=2 * 4300, origins={})
    for cache in (few, small):
        client = TestClient(cache)
        for path in ("/a", "/b", "/c", "/b", "/c", "/a"):
            client.get(path)

        assert (cache.hits, cache.misses) == (2, 4)


def test_canonical_addresses_put_parameters_in_order() -> None:
    assert canonical({"path": "/v1/x", "query_string": b"b=2&&a=1&a=0&"}) == ("/v1/x", b"a=0&a=1&b=2")
    assert canonical({"path": "/v1/x", "query_string": b""}) == ("/v1/x", b"")


def test_a_question_mark_inside_a_path_is_not_a_query(reader: TestClient) -> None:
    assert reader.get("/v1/topics?limit=3").status_code == 200
    assert reader.get("/v1/topics%3Flimit=3").status_code == 404
