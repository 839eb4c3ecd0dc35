"""When an article becomes public, and when it changed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.content.conftest import Desk

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "publish_at", "instant", "published_on"),
    [
        ("UTC", "2026-09-06", datetime(2026, 9, 6, tzinfo=UTC), date(2026, 9, 6)),
        ("Asia/Kathmandu", "2026-09-06", datetime(2026, 9, 5, 18, 15, tzinfo=UTC), date(2026, 9, 6)),
        ("America/New_York", "2026-07-04", datetime(2026, 7, 4, 4, tzinfo=UTC), date(2026, 7, 4)),
        ("America/New_York", "2026-12-04", datetime(2026, 12, 4, 5, tzinfo=UTC), date(2026, 12, 4)),
        pytest.param(
            "America/Santiago", "2026-09-06", datetime(2026, 9, 6, 4, tzinfo=UTC), date(2026, 9, 6), id="no midnight"
        ),
        pytest.param(
            "America/Havana", "2026-11-01", datetime(2026, 11, 1, 4, tzinfo=UTC), date(2026, 11, 1), id="two midnights"
        ),
        pytest.param(
            "Pacific/Apia", "2011-12-30", datetime(2011, 12, 30, 10, tzinfo=UTC), date(2011, 12, 31), id="no such day"
        ),
        ("America/Santiago", "2026-09-06T02:30:00Z", datetime(2026, 9, 6, 2, 30, tzinfo=UTC), date(2026, 9, 5)),
        ("UTC", "2026-09-06T01:30:00+02:00", datetime(2026, 9, 5, 23, 30, tzinfo=UTC), date(2026, 9, 5)),
    ],
)
def test_a_date_begins_with_its_first_instant_in_the_sites_zone(
    desk: Desk, zone: str, publish_at: str, instant: datetime, published_on: date
) -> None:
    desk.edit("site.yaml", "time_zone: UTC", f"time_zone: {zone}")
    desk.write("one", publish_at=publish_at)
    desk.load()

    article = desk.article("one")
    assert (article.publish_at, article.published_on) == (instant, published_on)
    assert desk.load().changes == []


def test_another_zone_moves_dates_and_leaves_instants(desk: Desk) -> None:
    desk.write("a-date", publish_at="2025-01-02")
    desk.write("an-instant", publish_at="2025-01-02T03:00:00Z")
    desk.load()
    desk.edit("site.yaml", "time_zone: UTC", "time_zone: America/New_York")

    fields = {change.name: change.fields for change in desk.load().changes if change.kind == "article"}

    assert fields == {"a-date": ("publish_at",), "an-instant": ("published_on",)}
    assert desk.article("an-instant").published_on == date(2025, 1, 1)


def test_what_is_scheduled_falls_due_in_the_release(desk: Desk) -> None:
    for slug, moment in (
        ("late", "2026-12-02"),
        ("soon", "2026-11-23T14:00:00+01:00"),
        ("same", "2026-12-02T00:00:00Z"),
    ):
        desk.write(slug, publish_at=moment)
    desk.write("now", publish_at="2026-11-23T12:00:00Z")
    desk.write("the-draft", status="draft", publish_at="2026-12-03")
    desk.write("the-unpublished", status="unpublished", publish_at="2026-12-04")
    desk.load(now=NOW)

    [release] = desk.releases()
    assert release.released_at == NOW
    assert release.falls_due == ["2026-11-23T13:00:00+00:00", "2026-12-02T00:00:00+00:00"]


def test_what_was_scheduled_by_an_earlier_load_still_falls_due(desk: Desk) -> None:
    desk.write("late", publish_at="2026-12-02")
    desk.write("later", publish_at="2026-12-03")
    desk.load(now=NOW)
    desk.remove("later")
    desk.write("other")
    desk.load(now=LATER)

    assert [release.falls_due for release in desk.releases()] == [
        ["2026-12-02T00:00:00+00:00", "2026-12-03T00:00:00+00:00"],
        ["2026-12-02T00:00:00+00:00"],
    ]


def test_a_new_article_changed_when_it_was_published(desk: Desk) -> None:
    desk.write("one", publish_at="2025-01-02")
    desk.write("the-draft", status="draft", publish_at=None)
    desk.load(now=NOW)

    assert desk.article("one").updated_at == datetime(2025, 1, 2, tzinfo=UTC)
    assert desk.article("the-draft").updated_at == NOW


def test_a_changed_article_changed_with_its_load_and_the_others_did_not(desk: Desk) -> None:
    desk.write("one")
    desk.write("two")
    desk.load(now=NOW)
    two = desk.article("two").updated_at
    desk.write("one", title="Other")
    desk.load(now=LATER)

    assert desk.article("one").updated_at == LATER
    assert desk.article("two").updated_at == two


def test_an_editors_updated_at_is_kept_through_changes_and_after_it_is_taken_out(desk: Desk) -> None:
    said = datetime(2026, 3, 4, tzinfo=UTC)
    desk.write("one", updated_at=said.date())
    desk.load(now=NOW)
    desk.write("one", updated_at=said.date(), title="Other")
    desk.load(now=LATER)
    assert desk.article("one").updated_at == said

    desk.write("one", title="Other")
    assert desk.load(now=LATER).changes == []
    assert desk.article("one").updated_at == said


def test_a_new_updated_at_alone_is_a_change(desk: Desk) -> None:
    desk.write("one")
    desk.load(now=NOW)
    desk.write("one", updated_at=date(2026, 3, 4))

    [change] = desk.load(now=LATER).changes

    assert change.fields == ("updated_at",)
    assert desk.article("one").updated_at == datetime(2026, 3, 4, tzinfo=UTC)
