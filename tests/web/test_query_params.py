"""Tests for invalid query and path parameters: the error response names the parameter."""

from base64 import urlsafe_b64encode

from starlette.testclient import TestClient

PROBLEM_TYPE = "application/problem+json"

INVALID_QUERIES = {
    "/v1/articles?limit=0": "/limit",
    "/v1/articles?limit=101": "/limit",
    "/v1/articles?limit=1_0": "/limit",
    "/v1/articles?limit=9" + "9" * 5000: "/limit",
    "/v1/articles?limit=1&limit=2": "/limit",
    "/v1/articles?cursor=nonsense": "/cursor",
    "/v1/articles?cursor=bnVsbA": "/cursor",
    "/v1/articles?cursor=" + "W1tb" * 200: "/cursor",
    "/v1/support?cursor=" + urlsafe_b64encode(b'["place",1' + b"0" * 30 + b',"x"]').decode(): "/cursor",
    "/v1/articles?q=walking&cursor=" + urlsafe_b64encode(b'["search relevance",true]').decode(): "/cursor",
    "/v1/articles?sort=cleverest": "/sort",
    "/v1/articles?sort=relevance": "/sort",
    "/v1/articles?topic=nobody-has-this": "/topic",
    "/v1/articles?topic=Not%20A%20Slug": "/topic/0",
    "/v1/articles?topic=" + "&topic=".join(f"t{n}" for n in range(30)): "/topic",
    "/v1/articles?q=" + "x" * 20_000: "/q",
    "/v1/articles?q=": "/q",
    "/v1/articles?q=%00": "/q",
    "/v1/articles?" + "y" * 20_000 + "=1": "/?",
    "/v1/site?verbose=1": "/verbose",
    "/v1/support?country=Austria": "/country",
    "/v1/articles/overcoming-loneliness-the-science-of-social-connection?format=pdf": "/format",
    "/health/live?x=1": "/x",
}
INVALID_SLUGS = {
    "/v1/articles/no-such-article": 404,
    "/v1/topics/no-such-topic": 404,
    "/v1/authors/no-such-author": 404,
    "/v1/articles/%00": 422,
    "/v1/articles/%ff": 422,
    "/v1/articles/" + "a" * 20_000: 422,
    "/v1/topics/Upper-Case": 422,
}


def test_invalid_query_returns_422_with_parameter_pointer(shared_client: TestClient) -> None:
    for path, pointer in INVALID_QUERIES.items():
        response = shared_client.get(path)

        assert (response.status_code, response.headers["content-type"]) == (422, PROBLEM_TYPE), path[:80]
        [error, *_] = response.json()["errors"]
        assert (error["in"], error["pointer"]) == ("query", pointer), path[:80]


def test_invalid_slug_returns_error_with_slug_pointer(shared_client: TestClient) -> None:
    for path, status in INVALID_SLUGS.items():
        response = shared_client.get(path)

        assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM_TYPE), path[:80]
        assert [(error["in"], error["pointer"]) for error in response.json()["errors"]] == [("path", "/slug")]


def test_cursor_of_other_sort_order_returns_422(shared_client: TestClient) -> None:
    cursor = shared_client.get("/v1/articles", params={"limit": 1}).json()["next"]

    response = shared_client.get("/v1/articles", params={"cursor": cursor, "sort": "title"})

    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/cursor")
