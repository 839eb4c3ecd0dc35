"""Bodies of requests. Of two values under one name, neither is taken."""

import weakref

import pytest
from httpx2 import Response
from starlette.types import Message

from app.web.request_body import JsonRequest
from tests.factories.rows import all_rows
from tests.factories.services import Service

SCORE = "/v1/assessments/attachment-reflection/score"


def send(service: Service, text: str) -> Response:
    return service.client.post(SCORE, content=text, headers={"Content-Type": "application/json"})


def pointers(reply: Response) -> list[str]:
    return [error["pointer"] for error in reply.json()["errors"]]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('{"answers": {"q01": 1, "q02": 2, "q01": 7}}', ["/answers/q01"]),
        ('{"answers": {"q01": 1, "q01": 1}}', ["/answers/q01"]),
        ('{"answers": {"q01": 1}, "answers": {"q02": 1}}', ["/answers"]),
        ('{"answers": {"q01": 1, "q01": 2}, "version": 1, "version": 1}', ["/answers/q01", "/version"]),
        ('{"answers": {"q01": 1, "\\u00710\\u0031": 2}}', ["/answers/q01"]),
        ('{"answers": {"I was so ashamed": 1, "I was so ashamed": 2}}', ["/answers/?"]),
    ],
)
def test_a_name_that_stands_twice_is_refused_where_it_stands(service: Service, text: str, places: list[str]) -> None:
    reply = send(service, text)

    assert (reply.status_code, reply.json()["code"]) == (422, "invalid_input")
    assert pointers(reply) == places
    assert "ashamed" not in reply.text


def test_the_same_name_in_two_objects_is_nothing_double(service: Service) -> None:
    reply = send(service, '{"answers": {"version": 1}, "version": 1}')

    assert pointers(reply) == ["/answers/version"]
    assert reply.json()["errors"][0]["detail"] == "There is no such question."


def test_nothing_is_changed_by_a_body_that_says_two_things(service: Service) -> None:
    person = service.register()
    before = all_rows(service.database)

    reply = person.client.request(
        "PATCH",
        "/v1/me",
        content='{"display_name": "Bo", "display_name": "Ana"}',
        headers=person.headers | {"Content-Type": "application/json"},
    )

    assert (reply.status_code, pointers(reply)) == (422, ["/display_name"])
    assert all_rows(service.database) == before


def test_a_refusal_stays_small_whatever_was_sent(service: Service) -> None:
    doubled = ", ".join(f'"{"n" * 30}{n % 600}": 1' for n in range(1200))
    deep = '{"a": ' * 300 + "{" + doubled + "}" + "}" * 300

    for text in ("{" + doubled + "}", deep):
        reply = send(service, text)

        assert (reply.status_code, reply.json()["code"]) == (422, "invalid_input")
        assert len(reply.content) < 16_000


def test_no_depth_is_a_fault_of_ours(service: Service) -> None:
    for depth in range(900, 1000):
        assert send(service, '{"a":' * depth + "1" + "}" * depth).status_code in {400, 422}, depth


def test_names_that_only_look_alike_are_two(service: Service) -> None:
    assert pointers(send(service, '{"answers": {"ä": 1, "ö": 1}}')) == ["/answers/?", "/answers/?"]
    assert send(service, '{"answers": {"ä": 1, "ö": 1}}').json()["errors"][0]["detail"] == "There is no such question."


def test_a_request_is_freed_without_the_garbage_collector() -> None:
    """Its pauses would be what the slowest hundredth of requests waits for."""

    async def nothing() -> Message:
        raise AssertionError

    request = JsonRequest({"type": "http", "headers": []}, nothing, most_bytes=1, seconds=1)
    known = weakref.ref(request)
    del request

    assert known() is None
