"""Tests for JSON request bodies with duplicate keys or deep nesting."""

import weakref

from httpx2 import Response
from starlette.testclient import TestClient
from starlette.types import Message

from app.web.request_body import JsonRequest
from tests.factories.rows import all_rows
from tests.factories.services import Service

SCORE_PATH = "/v1/assessments/attachment-reflection/score"


def post_score(client: TestClient, text: str) -> Response:
    return client.post(SCORE_PATH, content=text, headers={"Content-Type": "application/json"})


def pointers(response: Response) -> list[str]:
    return [error["pointer"] for error in response.json()["errors"]]


def test_duplicate_key_returns_422_with_pointer(shared_client: TestClient) -> None:
    for text, expected_pointers in {
        '{"answers": {"q01": 1, "q02": 2, "q01": 1}}': ["/answers/q01"],
        '{"answers": {"q01": 1}, "answers": {"q02": 1}}': ["/answers"],
        '{"answers": {"q01": 1, "q01": 2}, "version": 1, "version": 1}': ["/answers/q01", "/version"],
        '{"answers": {"q01": 1, "\\u00710\\u0031": 2}}': ["/answers/q01"],
        '{"answers": {"I was so ashamed": 1, "I was so ashamed": 2}}': ["/answers/?"],
    }.items():
        response = post_score(shared_client, text)

        assert (response.status_code, response.json()["code"]) == (422, "invalid_input"), text
        assert pointers(response) == expected_pointers
        assert "ashamed" not in response.text


def test_different_keys_are_not_duplicates(shared_client: TestClient) -> None:
    for text, expected_pointers in {
        '{"answers": {"version": 1}, "version": 1}': ["/answers/version"],
        '{"answers": {"ä": 1, "ö": 1}}': ["/answers/?", "/answers/?"],
    }.items():
        response = post_score(shared_client, text)

        assert pointers(response) == expected_pointers
        assert response.json()["errors"][0]["detail"] == "This questionnaire has no such question."


def test_body_with_duplicate_key_changes_no_rows(service: Service) -> None:
    member = service.register()
    rows_before = all_rows(service.database)

    response = member.client.request(
        "PATCH",
        "/v1/me",
        content='{"display_name": "Bo", "display_name": "Ana"}',
        headers=member.headers | {"Content-Type": "application/json"},
    )

    assert (response.status_code, pointers(response)) == (422, ["/display_name"])
    assert all_rows(service.database) == rows_before


def test_error_response_for_many_duplicates_is_small(shared_client: TestClient) -> None:
    duplicates = ", ".join(f'"{"n" * 30}{number % 600}": 1' for number in range(1200))
    deep = '{"a": ' * 300 + "{" + duplicates + "}" + "}" * 300

    for text in ("{" + duplicates + "}", deep):
        response = post_score(shared_client, text)

        assert (response.status_code, response.json()["code"]) == (422, "invalid_input")
        assert len(response.content) < 16_000


def test_deeply_nested_body_never_returns_500(shared_client: TestClient) -> None:
    for depth in range(900, 1000, 4):
        response = post_score(shared_client, '{"a":' * depth + "1" + "}" * depth)

        assert response.status_code in {400, 422}, depth


def test_request_is_freed_without_garbage_collector() -> None:
    """Garbage collection causes pauses, which would slow down some responses."""

    async def receive() -> Message:
        raise AssertionError

    request = JsonRequest({"type": "http", "headers": []}, receive, max_bytes=1, timeout_seconds=1)
    reference = weakref.ref(request)
    del request

    assert reference() is None
