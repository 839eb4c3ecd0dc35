"""What a locked day says never leaves the server, whatever is asked for and by whom."""

from collections.abc import Iterator
from itertools import product

from httpx2 import Response
from time_machine import Traveller

from tests.factories.operations import OPERATIONS
from tests.factories.results import agreed, keep
from tests.factories.runs import Walker, change_of
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
    *(f"/v1/journeys/21-days?format={form}" for form in ("html", "markdown", "text")),
    *(f"/v1/journeys/21-days/days/{day}?format=html" for day in (1, 2, 21)),
    *(f"/v1/me/journeys/current/days/{day}?format=text" for day in (1, 2, 21)),
)


def addresses(**known: str) -> Iterator[str]:
    """Of every GET there is, with what belongs to a member, and with each day where it takes one."""
    for operation in OPERATIONS:
        if operation.method == "GET":
            slug = next((slug for start, slug in SLUGS.items() if operation.path.startswith(start)), "")
            days = range(1, 22) if "{day}" in operation.path else (1,)
            yield from (operation.address(**known, slug=slug, day=str(day)) for day in days)
    yield from QUERIES


def locked(path: str) -> int | None:
    """What is answered where a day is locked."""
    return 403 if "/days/" in path and not path.endswith("/1") else None


def test_no_reply_holds_anything_of_a_locked_day(site: Service, clock: Traveller) -> None:
    walker = Walker(agreed(site, verified=True), clock)
    walker.start()
    replies: list[Response] = []
    site.client.event_hooks = {"response": [replies.append]}
    result = keep(walker.person)
    walker.note(1, completed=True, reflection="mine", tasks={"first-1": True})
    secret = walker.ask("PUT", "/calendar").json()["path"].rpartition("/")[2].removesuffix(".ics")
    assert walker.person.ask("PUT", "/v1/me/bookmarks/here-now").status_code == 201
    draft = {"version": 1, "answers": {"q01": 3}, "answered_at": "2027-01-11T08:00:00Z"}
    assert walker.person.ask("PUT", "/v1/me/assessments/attachment-reflection/draft", draft).status_code == 200
    for day in (2, 21):
        walker.change(day, completed=True)
        walker.sync(change_of(day, walker.now, completed=True))

    session = walker.person.ask("GET", "/v1/me/sessions").json()["items"][0]["id"]
    mine = {"session_id": session, "result_id": result, "run_id": walker.run_id, "secret": secret}

    for path in addresses(**mine, purpose="health_data", article="here-now"):
        walker.person.ask("GET", path)
        if not path.startswith("/v1/me"):
            site.client.get(path)
    site.client.event_hooks = {}

    asked = {reply.url.path: reply.status_code for reply in replies if reply.request.method == "GET"}
    unexpected = {path for path, status in asked.items() if status not in {200, locked(path)}}
    assert unexpected == {f"/v1/me/results/{result}/change"}  # which asks for another result
    opened = {reply.url.path for reply in replies if "secret01" in reply.text and "step01" in reply.text}
    days = ("/v1/journeys/21-days", f"/v1/me/journeys/{walker.run_id}", "/v1/me/journeys/current")
    assert opened == {f"{each}/days/1" for each in days}
    assert [(reply.url.path, word) for reply in replies for word in LOCKED if word in reply.text] == []


def test_an_open_day_says_what_it_said_nowhere_before(walker: Walker) -> None:
    walker.clock.shift(86_400)
    assert walker.person.renew().status_code == 200

    assert [word for word in LOCKED if word in walker.ask("GET", "/days/2").text] == ["secret02", "step02"]
