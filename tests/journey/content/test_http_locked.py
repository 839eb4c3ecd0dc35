"""Tests that no endpoint returns the content of a day that is still locked."""

from collections.abc import Iterator
from itertools import product

from httpx2 import Response
from time_machine import Traveller

from tests.factories.operations import OPERATIONS
from tests.factories.results import consenting_member, save_result
from tests.factories.runs import ONE_DAY, RunClient, offline_change
from tests.factories.services import Service

LOCKED = [f"{word}{day:02}" for word, day in product(("secret", "step"), range(2, 22))]
SLUGS = {
    "/v1/articles/": "here-now",
    "/v1/topics/": "sleep",
    "/v1/authors/": "ada",
    "/v1/assessments/": "attachment-reflection",
    "/v1/me/assessments/": "attachment-reflection",
    "/v1/journeys/": "21-days",
}
QUERIES = (
    "/v1/articles?q=secret02",
    "/v1/articles?q=secret02&sort=relevance",
    "/v1/articles?q=step02",
    "/v1/articles/here-now?format=html",
    *(f"/v1/journeys/21-days?format={body_format}" for body_format in ("html", "markdown", "text")),
    *(f"/v1/journeys/21-days/days/{day}?format=html" for day in (1, 2, 21)),
    *(f"/v1/me/journeys/current/days/{day}?format=text" for day in (1, 2, 21)),
)


def get_paths(**path_values: str) -> Iterator[str]:
    """Yield the URL paths of all GET operations, with the given ids and for several days of the journey."""
    for operation in OPERATIONS:
        if operation.method == "GET":
            slug = next((slug for start, slug in SLUGS.items() if operation.path.startswith(start)), "")
            days = (1, 2, 8, 21) if "{day}" in operation.path else (1,)
            yield from (operation.example_path(**path_values, slug=slug, day=str(day)) for day in days)
    yield from QUERIES


def locked_status(path: str) -> int | None:
    """Return the expected status (403) of a path to a locked day, or None for other paths."""
    return 403 if "/days/" in path and not path.endswith("/1") else None


def test_no_response_contains_content_of_locked_days(site: Service, clock: Traveller) -> None:
    client = RunClient(consenting_member(site, verified=True), clock)
    client.start()
    responses: list[Response] = []
    site.client.event_hooks = {"response": [responses.append]}
    result = save_result(client.member)
    client.update_day(1, completed=True, reflection="mine", tasks={"first-1": True})
    secret = client.request("PUT", "/calendar").json()["path"].rpartition("/")[2].removesuffix(".ics")
    assert client.member.request("PUT", "/v1/me/bookmarks/here-now").status_code == 201
    draft = {"version": 1, "answers": {"q01": 3}, "answered_at": "2027-01-11T08:00:00Z"}
    assert client.member.request("PUT", "/v1/me/assessments/attachment-reflection/draft", draft).status_code == 200
    for day in (2, 21):
        client.change_day(day, completed=True)
        client.sync(offline_change(day, client.now, completed=True))

    session = client.member.request("GET", "/v1/me/sessions").json()["items"][0]["id"]
    path_values = {"session_id": session, "result_id": result, "run_id": client.run_id, "secret": secret}

    for path in get_paths(**path_values, purpose="health_data", article="here-now"):
        client.member.request("GET", path)
        if not path.startswith("/v1/me"):
            site.client.get(path)
    site.client.event_hooks = {}

    statuses = {response.url.path: response.status_code for response in responses if response.request.method == "GET"}
    unexpected = {path for path, status in statuses.items() if status not in {200, locked_status(path)}}
    assert unexpected == {f"/v1/me/results/{result}/change"}  # this request would need another result
    opened = {response.url.path for response in responses if "secret01" in response.text and "step01" in response.text}
    days = ("/v1/journeys/21-days", f"/v1/me/journeys/{client.run_id}", "/v1/me/journeys/current")
    assert opened == {f"{prefix}/days/1" for prefix in days}
    assert [(response.url.path, word) for response in responses for word in LOCKED if word in response.text] == []


def test_read_day_after_opening_returns_content(client: RunClient) -> None:
    client.travel(ONE_DAY)

    assert [word for word in LOCKED if word in client.request("GET", "/days/2").text] == ["secret02", "step02"]
