"""Tests for help lines: every country has some, with contact channels and sources."""

import re
from datetime import date

from starlette.testclient import TestClient


def list_lines(shared_client: TestClient, country: str | None = None) -> list[dict[str, object]]:
    response = shared_client.get("/v1/support", params={"limit": 100} | ({"country": country} if country else {}))
    assert response.status_code == 200
    items: list[dict[str, object]] = response.json()["items"]
    return items


def test_support_lists_emergency_first_and_international_lines_last(shared_client: TestClient) -> None:
    lines = list_lines(shared_client, "US")

    assert lines[0]["kind"] == "emergency"
    countries = [line["country"] for line in lines]
    assert countries == sorted(countries, key=lambda country: country is None)
    assert {"US", None} == set(countries)
    assert "us-988" in [line["id"] for line in lines]


def test_support_for_any_country_includes_a_directory(shared_client: TestClient) -> None:
    for country in ("ZZ", "TV", "us"):
        assert any(line["kind"] == "directory" for line in list_lines(shared_client, country)), country


def test_support_lines_have_channels_source_and_check_date(shared_client: TestClient) -> None:
    lines = list_lines(shared_client)

    assert len(lines) > 50
    for line in lines:
        assert line["channels"]
        assert re.match(r"https?://", str(line["source_url"]))
        assert date.fromisoformat(str(line["verified_on"])) <= date(2026, 11, 23)


def test_support_countries_have_an_emergency_or_directory_line(shared_client: TestClient) -> None:
    lines = list_lines(shared_client)

    countries = {line["country"] for line in lines}
    assert countries == {line["country"] for line in lines if line["kind"] in {"emergency", "directory"}}
