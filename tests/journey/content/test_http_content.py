"""Tests for the public journey endpoints, and for content changes while members follow a 21-day journey."""

from pathlib import Path

import pytest
from httpx2 import Response

from app.content.commands import load_directory
from tests.conftest import refresh_release
from tests.factories.content import write_article, write_content_directory
from tests.factories.journeys import write_day, write_journey
from tests.factories.results import consenting_member, status_and_code
from tests.factories.runs import ONE_DAY, RunClient, ok_json, start_run
from tests.factories.services import Service


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Create a content directory with a journey whose first day lists two public articles and a draft."""
    directory = write_content_directory(tmp_path / "content")
    write_article(directory, "to-read")
    write_article(directory, "to-read-later")
    write_article(directory, "not-yet", status="draft", publish_at=None)
    write_journey(directory)
    write_day(directory, 1, articles=["to-read-later", "not-yet", "to-read"])
    return directory


def load(service: Service, directory: Path) -> None:
    load_directory(service.database, directory)
    refresh_release(service.app)


def articles(response: Response) -> list[str]:
    return [article["slug"] for article in ok_json(response)["articles"]]


def test_day_lists_public_articles_in_editorial_order(service: Service, directory: Path) -> None:
    load(service, directory)
    member = service.register()
    assert start_run(member).status_code == 201
    member_path, public_path = "/v1/me/journeys/current/days/1", "/v1/journeys/21-days/days/1"
    for response in (member.request("GET", member_path), service.client.get(public_path)):
        assert articles(response) == ["to-read-later", "to-read"]
        assert response.json()["articles"][0] == {
            "slug": "to-read-later",
            "title": "To Read Later",
            "excerpt": "About to-read-later.",
            "reading_minutes": 1,
        }

    write_article(directory, "to-read-later", status="unpublished")
    load(service, directory)

    assert articles(member.request("GET", member_path)) == articles(service.client.get(public_path)) == ["to-read"]


def test_removed_journey_stays_available_to_existing_runs(service: Service, directory: Path) -> None:
    load(service, directory)
    member = consenting_member(service)
    assert start_run(member).status_code == 201
    for path in (directory / "journey").iterdir():
        path.unlink()
    (directory / "journey").rmdir()
    load(service, directory)

    assert ok_json(member.request("GET", "/v1/me/journeys/current/days/1"))["title"] == "Title of day 1"
    assert status_and_code(start_run(service.register())) == (422, "unknown_journey")
    assert status_and_code(service.client.get("/v1/journeys/21-days")) == (404, "journey_not_found")
    assert ok_json(service.client.get("/v1/journeys"))["total"] == 0


def test_content_correction_changes_day_etag(service: Service, directory: Path) -> None:
    load(service, directory)
    member = consenting_member(service)
    assert start_run(member).status_code == 201
    path = "/v1/me/journeys/current/days/1"
    before = member.request("GET", path)
    write_day(directory, 1, title="A better title")
    load(service, directory)

    after = member.request("GET", path)

    assert (after.json()["title"], after.headers["ETag"] == before.headers["ETag"]) == ("A better title", False)
    rejected = member.request("PATCH", path, {"completed": True}, headers={"If-Match": before.headers["ETag"]})
    assert status_and_code(rejected) == (412, "day_changed")
    assert ok_json(member.request("GET", "/v1/me/journeys/current"))["days"][0]["title"] == "A better title"


def test_outline_lists_all_days_and_marks_public_day(site: Service) -> None:
    [brief] = ok_json(site.client.get("/v1/journeys"))["items"]
    outline = ok_json(site.client.get("/v1/journeys/21-days"))

    assert brief == {name: outline[name] for name in brief}
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


def test_public_day_2_returns_403_for_member_with_open_day(client: RunClient) -> None:
    client.travel(5 * ONE_DAY)
    assert client.request("GET", "/days/2").status_code == 200

    assert ok_json(client.member.request("GET", "/v1/journeys/21-days/days/1"))["number"] == 1
    for day in (2, 6, 21):
        response = client.member.request("GET", f"/v1/journeys/21-days/days/{day}")
        assert (status_and_code(response), response.json()["opens_at"]) == ((403, "day_locked"), None)


def test_outline_in_other_formats(site: Service) -> None:
    for body_format in ("html", "markdown", "text"):
        outline = ok_json(site.client.get(f"/v1/journeys/21-days?format={body_format}"))
        assert outline["description"]["format"] == outline["about_21_days"]["format"] == body_format
        assert "What it" in outline["description"]["content"]


def test_unknown_journey_returns_404_and_invalid_day_422(site: Service) -> None:
    assert status_and_code(site.client.get("/v1/journeys/22-days")) == (404, "journey_not_found")
    assert status_and_code(site.client.get("/v1/journeys/22-days/days/1")) == (404, "journey_not_found")
    for day in ("0", "22", "one"):
        assert status_and_code(site.client.get(f"/v1/journeys/21-days/days/{day}")) == (422, "invalid_input")
