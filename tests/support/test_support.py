"""Help is there for every country, at once, with its source."""

import re
from datetime import date

import pytest
from starlette.testclient import TestClient


def lines(reader: TestClient, country: str | None = None) -> list[dict[str, object]]:
    reply = reader.get("/v1/support", params={"limit": 100} | ({"country": country} if country else {}))
    assert reply.status_code == 200
    items: list[dict[str, object]] = reply.json()["items"]
    return items


def test_a_countrys_lines_come_first_and_emergency_before_all(reader: TestClient) -> None:
    found = lines(reader, "US")

    assert found[0]["kind"] == "emergency"
    countries = [line["country"] for line in found]
    assert countries == sorted(countries, key=lambda country: country is None)
    assert {"US", None} == set(countries)
    assert "us-988" in [line["id"] for line in found]


@pytest.mark.parametrize("country", ["ZZ", "TV", "us"])
def test_nobody_leaves_with_nothing(reader: TestClient, country: str) -> None:
    assert any(line["kind"] == "directory" for line in lines(reader, country))


def test_every_line_can_be_reached_and_says_where_that_is_said(reader: TestClient) -> None:
    found = lines(reader)

    assert len(found) > 50
    for line in found:
        assert line["channels"]
        assert re.match(r"https?://", str(line["source_url"]))
        assert date.fromisoformat(str(line["verified_on"])) <= date(2026, 11, 23)


def test_every_country_with_lines_has_an_emergency_one(reader: TestClient) -> None:
    found = lines(reader)

    countries = {line["country"] for line in found}
    assert countries == {line["country"] for line in found if line["kind"] in {"emergency", "directory"}}
