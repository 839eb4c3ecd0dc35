"""Tests for the publication and update times of articles."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.content.conftest import Workspace

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
def test_publish_at_date_is_first_instant_in_site_zone(
    workspace: Workspace, zone: str, publish_at: str, instant: datetime, published_on: date
) -> None:
    workspace.edit("site.yaml", "time_zone: UTC", f"time_zone: {zone}")
    workspace.write("one", publish_at=publish_at)
    workspace.load()

    article = workspace.article("one")
    assert (article.publish_at, article.published_on) == (instant, published_on)
    assert workspace.load().changes == []


def test_site_zone_change_moves_dates_only(workspace: Workspace) -> None:
    workspace.write("a-date", publish_at="2025-01-02")
    workspace.write("an-instant", publish_at="2025-01-02T03:00:00Z")
    workspace.load()
    workspace.edit("site.yaml", "time_zone: UTC", "time_zone: America/New_York")

    fields = {change.name: change.fields for change in workspace.load().changes if change.kind == "article"}

    assert fields == {"a-date": ("publish_at",), "an-instant": ("published_on",)}
    assert workspace.article("an-instant").published_on == date(2025, 1, 1)


def test_release_lists_scheduled_publications(workspace: Workspace) -> None:
    for slug, moment in (
        ("late", "2026-12-02"),
        ("soon", "2026-11-23T14:00:00+01:00"),
        ("same", "2026-12-02T00:00:00Z"),
    ):
        workspace.write(slug, publish_at=moment)
    workspace.write("now", publish_at="2026-11-23T12:00:00Z")
    workspace.write("the-draft", status="draft", publish_at="2026-12-03")
    workspace.write("the-unpublished", status="unpublished", publish_at="2026-12-04")
    workspace.load(now=NOW)

    [release] = workspace.releases()
    assert release.released_at == NOW
    assert release.falls_due == ["2026-11-23T13:00:00+00:00", "2026-12-02T00:00:00+00:00"]


def test_release_lists_publications_scheduled_by_earlier_load(workspace: Workspace) -> None:
    workspace.write("late", publish_at="2026-12-02")
    workspace.write("later", publish_at="2026-12-03")
    workspace.load(now=NOW)
    workspace.remove("later")
    workspace.write("other")
    workspace.load(now=LATER)

    assert [release.falls_due for release in workspace.releases()] == [
        ["2026-12-02T00:00:00+00:00", "2026-12-03T00:00:00+00:00"],
        ["2026-12-02T00:00:00+00:00"],
    ]


def test_updated_at_of_new_article_is_publish_at(workspace: Workspace) -> None:
    workspace.write("one", publish_at="2025-01-02")
    workspace.write("the-draft", status="draft", publish_at=None)
    workspace.load(now=NOW)

    assert workspace.article("one").updated_at == datetime(2025, 1, 2, tzinfo=UTC)
    assert workspace.article("the-draft").updated_at == NOW


def test_updated_at_of_changed_article_is_time_of_load(workspace: Workspace) -> None:
    workspace.write("one")
    workspace.write("two")
    workspace.load(now=NOW)
    two = workspace.article("two").updated_at
    workspace.write("one", title="Other")
    workspace.load(now=LATER)

    assert workspace.article("one").updated_at == LATER
    assert workspace.article("two").updated_at == two


def test_updated_at_from_file_is_retained(workspace: Workspace) -> None:
    updated_at = datetime(2026, 3, 4, tzinfo=UTC)
    workspace.write("one", updated_at=updated_at.date())
    workspace.load(now=NOW)
    workspace.write("one", updated_at=updated_at.date(), title="Other")
    workspace.load(now=LATER)
    assert workspace.article("one").updated_at == updated_at

    workspace.write("one", title="Other")
    assert workspace.load(now=LATER).changes == []
    assert workspace.article("one").updated_at == updated_at


def test_new_updated_at_is_a_change(workspace: Workspace) -> None:
    workspace.write("one")
    workspace.load(now=NOW)
    workspace.write("one", updated_at=date(2026, 3, 4))

    [change] = workspace.load(now=LATER).changes

    assert change.fields == ("updated_at",)
    assert workspace.article("one").updated_at == datetime(2026, 3, 4, tzinfo=UTC)
