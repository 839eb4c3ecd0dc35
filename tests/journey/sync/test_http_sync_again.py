"""A batch whose reply was lost is sent again, and tells the same: no words are gone."""

from datetime import timedelta

import pytest
from time_machine import Traveller

from app.journey import offline_sync
from tests.factories.results import faults, told
from tests.factories.runs import AN_HOUR, Walker, change_of, refused
from tests.factories.services import Service


def test_the_words_that_an_offline_change_replaced_are_told_again_and_exported(walker: Walker) -> None:
    walker.note(1, reflection="from the tablet")
    walker.travel(AN_HOUR)
    change = change_of(1, walker.now, reflection="from the phone")

    [first] = walker.sync(change)["results"]
    [again] = walker.sync(change)["results"]

    both = {"kept": "from the phone", "superseded": "from the tablet"}
    assert (first["status"], first["reflections"]) == ("applied", both)
    assert (again["status"], again["superseded"], again["reflections"]) == ("unchanged", [], both)


def test_words_that_came_too_late_are_told_again_though_the_rest_was_applied(walker: Walker) -> None:
    walker.travel(AN_HOUR)
    walker.note(1, reflection="stands")
    change = change_of(1, walker.now - timedelta(minutes=30), reflection="late", mood_after=4)

    first, again = (walker.sync(change)["results"][0] for _ in range(2))

    assert (first["status"], again["status"]) == ("applied", "unchanged")
    assert first["superseded"] == again["superseded"] == ["reflection"]
    assert first["reflections"] == again["reflections"] == {"kept": "stands", "superseded": "late"}


def test_what_a_member_writes_or_deletes_on_the_day_itself_leaves_nothing_behind(walker: Walker) -> None:
    walker.note(1, reflection="from the tablet")
    walker.travel(AN_HOUR)
    change = change_of(1, walker.now, reflection="from the phone")
    walker.sync(change)

    walker.note(1, reflection=None)

    [again] = walker.sync(change)["results"]
    assert again["reflections"] == {"kept": None, "superseded": "from the phone"}
    assert "from the tablet" not in str(again)


def test_in_an_abandoned_run_the_fields_that_are_too_late_are_named(walker: Walker) -> None:
    happened = walker.now
    walker.travel(AN_HOUR)
    walker.modify(status="abandoned")
    change = change_of(1, happened, completed=True, mood_after=3, reflection="mine")

    [result] = walker.sync(change)["results"]

    status, code, places = refused(result)
    assert (status, code, set(places)) == (
        409,
        "run_finished",
        {"/changes/0/fields/completed", "/changes/0/fields/mood_after"},
    )
    [alone] = walker.sync(change_of(1, happened, reflection="mine"))["results"]
    assert alone["status"] == "applied"
    reply = walker.change(1, completed=True)
    assert (told(reply), faults(reply)) == ((409, "run_finished"), [("body", "/completed")])


def test_there_is_room_for_so_many_offline_changes_of_a_run(walker: Walker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_sync, "AT_MOST", 2)

    results = walker.sync(*(change_of(1, walker.now, mood_after=mood) for mood in (1, 2, 3)))["results"]

    assert [each["status"] for each in results].count("applied") == 2
    assert [refused(each) for each in results if each["problem"]] == [(409, "too_many_changes", [])]


def test_after_erasing_health_data_an_old_batch_brings_nothing_back(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock)
    change = change_of(1, walker.now, reflection="to be forgotten")
    walker.sync(change)
    assert walker.person.ask("DELETE", "/v1/me/health-data", {"password": walker.person.password}).status_code == 204

    [again] = walker.sync(change)["results"]

    assert (again["status"], again["superseded"]) == ("unchanged", ["reflection"])
    assert walker.read(1)["progress"]["reflection"] is None
