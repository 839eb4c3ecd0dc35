"""Tests for the publication and update times of articles."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.content.reader import read_content
from tests.content.conftest import Workspace, replace_in
from tests.factories.content import write_article

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "publish_at", "instant", "published_on"),
    [
        ("Asia/Kathmandu", "2026-09-06", datetime(2026, 9, 5, 18, 15, tzinfo=UTC), date(2026, 9, 6)),
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
        ("America/Santiago", "2026-09-06T04:30:00+02:00", datetime(2026, 9, 6, 2, 30, tzinfo=UTC), date(2026, 9, 5)),
    ],
)
def test_publish_at_date_is_first_instant_in_site_zone(
    content_dir: Path, zone: str, publish_at: str, instant: datetime, published_on: date
) -> None:
    replace_in(content_dir / "site.yaml", "time_zone: UTC", f"time_zone: {zone}")
    write_article(content_dir, "one", publish_at=publish_at)

    article = read_content(content_dir).articles["one"]
    assert (article.publish_at, article.published_on) == (instant, published_on)


def test_site_zone_change_moves_dates_only(workspace: Workspace) -> None:
    workspace.write("a-date", publish_at="2025-01-02")
    workspace.write("an-instant", publish_at="2025-01-02T03:00:00Z")
    workspace.load()
    workspace.edit("site.yaml", "time_zone: UTC", "time_zone: America/New_York")

    fields = {change.name: change.fields for change in workspace.load().changes if change.kind == "article"}

    assert fields == {"a-date": ("publish_at",), "an-instant": ("published_on",)}
    assert workspace.article("an-instant").published_on == date(2025, 1, 1)


def test_release_lists_scheduled_publications(workspace: Workspace) -> None:
    """Articles of earlier loads are listed too, unless they were removed."""
    workspace.write("late", publish_at="2026-12-02")
    workspace.write("same", publish_at="2026-12-02T00:00:00Z")
    workspace.write("soon", publish_at="2026-11-23T14:00:00+01:00")
    workspace.write("now", publish_at="2026-11-23T12:00:00Z")
    workspace.write("gone", publish_at="2026-12-01")
    workspace.write("the-draft", status="draft", publish_at="2026-12-03")
    workspace.write("the-unpublished", status="unpublished", publish_at="2026-12-04")
    workspace.load(now=NOW)
    workspace.remove("gone")
    workspace.write("other", publish_at="2026-12-05")
    workspace.load(now=LATER)

    first, second = workspace.releases()
    assert (first.released_at, second.released_at) == (NOW, LATER)
    assert first.falls_due == [
        "2026-11-23T13:00:00+00:00",
        "2026-12-01T00:00:00+00:00",
        "2026-12-02T00:00:00+00:00",
    ]
    assert second.falls_due == ["2026-12-02T00:00:00+00:00", "2026-12-05T00:00:00+00:00"]


def test_updated_at_is_publish_at_then_time_of_each_change(workspace: Workspace) -> None:
    workspace.write("one", publish_at="2025-01-02")
    workspace.write("two", publish_at="2025-01-02")
    workspace.write("the-draft", status="draft", publish_at=None)
    workspace.load(now=NOW)
    workspace.write("one", publish_at="2025-01-02", title="Other")
    workspace.load(now=LATER)

    assert workspace.article("one").updated_at == LATER
    assert workspace.article("two").updated_at == datetime(2025, 1, 2, tzinfo=UTC)
    assert workspace.article("the-draft").updated_at == NOW


def test_updated_at_from_file_is_retained(workspace: Workspace) -> None:
    updated_at = datetime(2026, 3, 4, tzinfo=UTC)
    workspace.write("one")
    workspace.load(now=NOW)
    workspace.write("one", updated_at=updated_at.date())
    [change] = workspace.load(now=LATER).changes
    assert change.fields == ("updated_at",)
    workspace.write("one", updated_at=updated_at.date(), title="Other")
    workspace.load(now=LATER)
    assert workspace.article("one").updated_at == updated_at

    workspace.write("one", title="Other")
    assert workspace.load(now=LATER).changes == []
    assert workspace.article("one").updated_at == updated_at
