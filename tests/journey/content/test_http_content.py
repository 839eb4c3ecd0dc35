"""Journeys as everybody sees them, and what changes for those on the way when an editor changes them."""

from pathlib import Path

import pytest
from httpx2 import Response

from app.content.commands import load_folder
from tests.conftest import look
from tests.factories.content import write_article, write_folder
from tests.factories.journeys import write_day, write_journey
from tests.factories.results import agreed, told
from tests.factories.runs import Walker, good, start
from tests.factories.services import Service


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a journey whose first day names three articles, of which one is a draft."""
    folder = write_folder(tmp_path / "content")
    write_article(folder, "to-read")
    write_article(folder, "to-read-later")
    write_article(folder, "not-yet", status="draft", publish_at=None)
    write_journey(folder)
    write_day(folder, 1, articles=["to-read-later", "not-yet", "to-read"])
    return folder


def load(service: Service, folder: Path) -> None:
    load_folder(service.database, folder)
    look(service.app)


def articles(reply: Response) -> list[str]:
    return [each["slug"] for each in good(reply)["articles"]]


def test_a_day_names_the_articles_that_are_public_in_the_editors_order(service: Service, folder: Path) -> None:
    load(service, folder)
    person = service.register()
    assert start(person).status_code == 201
    mine, public = "/v1/me/journeys/current/days/1", "/v1/journeys/21-days/days/1"
    for reply in (person.ask("GET", mine), service.client.get(public)):
        assert articles(reply) == ["to-read-later", "to-read"]
        assert reply.json()["articles"][0] == {
            "slug": "to-read-later",
            "title": "To Read Later",
            "excerpt": "About to-read-later.",
            "reading_minutes": 1,
        }

    write_article(folder, "to-read-later", status="unpublished")
    load(service, folder)

    assert articles(person.ask("GET", mine)) == articles(service.client.get(public)) == ["to-read"]


def test_a_journey_that_went_away_goes_on_for_who_is_on_the_way(service: Service, folder: Path) -> None:
    load(service, folder)
    on_the_way = agreed(service)
    assert start(on_the_way).status_code == 201
    for path in (folder / "journey").iterdir():
        path.unlink()
    (folder / "journey").rmdir()
    load(service, folder)

    assert good(on_the_way.ask("GET", "/v1/me/journeys/current/days/1"))["title"] == "Title of day 1"
    assert told(start(service.register())) == (422, "unknown_journey")
    assert told(service.client.get("/v1/journeys/21-days")) == (404, "journey_not_found")
    assert good(service.client.get("/v1/journeys"))["total"] == 0


def test_a_corrected_day_is_another_day_for_if_match(service: Service, folder: Path) -> None:
    load(service, folder)
    person = agreed(service)
    assert start(person).status_code == 201
    path = "/v1/me/journeys/current/days/1"
    before = person.ask("GET", path)
    write_day(folder, 1, title="A better title")
    load(service, folder)

    after = person.ask("GET", path)

    assert (after.json()["title"], after.headers["ETag"] == before.headers["ETag"]) == ("A better title", False)
    late = person.ask("PATCH", path, {"completed": True}, headers={"If-Match": before.headers["ETag"]})
    assert told(late) == (412, "day_changed")
    assert good(person.ask("GET", "/v1/me/journeys/current"))["days"][0]["title"] == "A better title"


def test_the_outline_shows_all_days_and_says_which_is_public(site: Service) -> None:
    [listed] = good(site.client.get("/v1/journeys"))["items"]
    outline = good(site.client.get("/v1/journeys/21-days"))

    assert listed == {name: outline[name] for name in listed}
    assert (outline["length"], outline["assessment"]) == (21, "attachment-reflection")
    assert [day["number"] for day in outline["days"]] == list(range(1, 22))
    assert [day["is_public"] for day in outline["days"]] == [True] + [False] * 20
    assert [week["number"] for week in outline["weeks"]] == [1, 2, 3]
    assert outline["days"][20] == {
        "number": 21,
        "week": 3,
        "title": "Title of day 21",
        "summary": "Summary of day 21.",
        "minutes": 20,
        "is_public": False,
    }


def test_only_the_first_day_is_public_also_for_who_has_come_further(walker: Walker) -> None:
    walker.clock.shift(5 * 86_400)
    assert walker.person.renew().status_code == 200
    assert walker.ask("GET", "/days/2").status_code == 200

    assert good(walker.person.ask("GET", "/v1/journeys/21-days/days/1"))["number"] == 1
    for day in range(2, 22):
        reply = walker.person.ask("GET", f"/v1/journeys/21-days/days/{day}")
        assert (told(reply), reply.json()["opens_at"]) == ((403, "day_locked"), None)


@pytest.mark.parametrize("form", ["html", "markdown", "text"])
def test_the_outline_comes_in_other_formats(site: Service, form: str) -> None:
    outline = good(site.client.get(f"/v1/journeys/21-days?format={form}"))

    assert outline["description"]["format"] == outline["about_21_days"]["format"] == form
    assert "What it" in outline["description"]["content"]


def test_what_is_no_journey_is_not_found(site: Service) -> None:
    assert told(site.client.get("/v1/journeys/22-days")) == (404, "journey_not_found")
    assert told(site.client.get("/v1/journeys/22-days/days/1")) == (404, "journey_not_found")
    for day in ("0", "22", "one"):
        assert told(site.client.get(f"/v1/journeys/21-days/days/{day}")) == (422, "invalid_input")
