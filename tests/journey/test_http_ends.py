"""How runs end, what may still be changed then, and that nothing goes on beside another run."""

from typing import Any

import pytest
from time_machine import Traveller

from tests.factories.results import agreed, told
from tests.factories.runs import A_DAY, AN_HOUR, TODAY, Walker, change_of, good, refused, start, statuses
from tests.factories.services import Service

FINISHED = (409, "run_finished")
CHANGES: tuple[dict[str, Any], ...] = (
    {"time_zone": "Asia/Tokyo"},
    {"reminder_time": "08:00"},
    {"status": "paused"},
    {"status": "active"},
)


@pytest.fixture
def finisher(walker: Walker) -> Walker:
    """Somebody who has completed all 21 days."""
    walker.note(1, reflection="at first", mood_before=2, tasks={"first-1": True})
    walker.finish()
    return walker


@pytest.fixture
def leaver(walker: Walker) -> Walker:
    """Somebody who completed two days, and gave up on the third."""
    walker.note(1, completed=True, reflection="at first", mood_before=2, tasks={"first-1": True})
    walker.travel(A_DAY)
    walker.complete(2)
    walker.travel(A_DAY)
    walker.modify(status="abandoned")
    return walker


def test_a_run_is_completed_with_its_last_day_in_whatever_order(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)
    walker.travel(20 * A_DAY)
    for day in range(21, 1, -1):
        walker.complete(day)
    assert (walker.dashboard()["status"], walker.dashboard()["finished"]) == ("active", None)

    run = walker.note(1, completed=True)["run"]

    assert (run["status"], run["percent"], run["next_day"], run["current_day"]) == ("completed", 100, None, 21)
    assert set(statuses(walker.dashboard())) == {"completed"}
    assert start(walker.person).status_code == 201


def test_a_pause_ends_with_the_last_day(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)
    walker.travel(20 * A_DAY)
    walker.complete(*range(1, 21))
    walker.modify(status="paused")

    assert walker.note(21, completed=True)["run"]["status"] == "completed"
    assert walker.note(21, completed=False)["run"]["status"] == "active"


def test_undoing_a_day_makes_a_completed_run_active_again(finisher: Walker) -> None:
    finisher.travel(A_DAY)
    undone = finisher.note(21, completed=False)["run"]

    assert (undone["status"], undone["days_completed"], undone["next_day"]) == ("active", 20, 21)
    assert finisher.dashboard()["finished"] is None
    assert told(start(finisher.person)) == (409, "run_underway")
    assert finisher.note(21, completed=True)["run"]["status"] == "completed"
    assert finisher.dashboard()["finished"]["last_on"] == "2027-02-01"


def test_a_completed_run_still_takes_undo_tasks_moods_and_reflections(finisher: Walker) -> None:
    finisher.travel(A_DAY)
    told = finisher.note(1, tasks={"first-1": False, "second-1": True}, mood_after=5, reflection="at last")["progress"]

    assert (told["tasks"], told["mood_after"], told["reflection"]) == (
        {"first-1": False, "second-1": True}, 5, "at last",
    )  # fmt: skip
    [result] = finisher.sync(change_of(2, finisher.now, reflection="later", mood_before=1))["results"]
    assert result["status"] == "applied"
    assert finisher.note(3, completed=False)["run"]["status"] == "active"


def test_a_completed_run_can_not_be_changed(finisher: Walker) -> None:
    before = finisher.dashboard()
    for change in (*CHANGES, {"status": "abandoned"}):
        assert told(finisher.ask("PATCH", "", change)) == FINISHED

    assert finisher.dashboard() == before


def test_an_abandoned_run_takes_reflections_only(leaver: Walker) -> None:
    leaver.travel(AN_HOUR)
    before = leaver.dashboard(), leaver.read(1)
    for fields in (
        {"completed": False},
        {"tasks": {"first-1": False}},
        {"tasks": {"second-1": True}},
        {"mood_before": 3},
        {"mood_before": None},
        {"mood_after": 3},
        {"reflection": "mixed", "mood_after": 3},
    ):
        assert told(leaver.change(1, **fields)) == FINISHED
    assert told(leaver.change(3, completed=True)) == FINISHED
    for fields in ({"mood_after": 3}, {"tasks": {"second-1": True}}):
        [result] = leaver.sync(change_of(1, leaver.now, **fields))["results"]
        assert refused(result)[:2] == FINISHED
    assert (leaver.dashboard(), leaver.read(1)) == before

    assert leaver.note(1, reflection="afterwards")["progress"]["reflection"] == "afterwards"
    [result] = leaver.sync(change_of(2, leaver.now, reflection="synced"))["results"]
    assert result["status"] == "applied"
    assert [each["reflection"] for each in leaver.progress()] == ["afterwards", "synced", None]


def test_an_abandoned_run_can_not_go_on(leaver: Walker) -> None:
    before = leaver.dashboard()
    for change in CHANGES:
        assert told(leaver.ask("PATCH", "", change)) == FINISHED

    assert leaver.dashboard() == before


def test_in_an_abandoned_run_nothing_opens_any_longer(leaver: Walker) -> None:
    before = leaver.dashboard()
    leaver.travel(10 * A_DAY)

    assert leaver.dashboard() == before | {"today": "2027-01-23"}
    assert (before["current_day"], before["next_opens_at"]) == (3, None)
    assert told(leaver.ask("GET", "/days/4")) == (403, "day_locked")
    assert leaver.read(3)["status"] == "open"


def test_what_would_change_nothing_is_accepted_of_a_run_that_is_over(leaver: Walker) -> None:
    before = leaver.dashboard()
    leaver.travel(AN_HOUR)
    for fields in (
        {},
        {"completed": True},
        {"tasks": {"first-1": True, "second-1": False}},
        {"mood_before": 2, "mood_after": None},
        {"reflection": "at first"},
        {"completed": True, "mood_before": 2},
    ):
        assert leaver.change(1, **fields).status_code == 200
        [result] = leaver.sync(change_of(1, leaver.now, **fields))["results"]
        assert result["status"] == "unchanged"
    for change in ({}, {"status": "abandoned"}, {"time_zone": "Europe/Dublin"}, {"reminder_time": None}):
        assert good(leaver.ask("PATCH", "", change))["status"] == "abandoned"
    assert leaver.change(3, completed=False).status_code == 200
    assert leaver.dashboard() == before


def test_what_would_change_nothing_is_accepted_of_a_completed_run(finisher: Walker) -> None:
    before = finisher.dashboard()
    finisher.travel(AN_HOUR)
    for change in ({}, {"time_zone": "Europe/Dublin"}, {"reminder_time": None}):
        finisher.modify(**change)
    finisher.complete(*range(1, 22))

    assert finisher.dashboard() == before


def test_undoing_in_a_finished_run_is_refused_beside_another_that_is_underway(finisher: Walker) -> None:
    first, before = finisher.run_id, finisher.dashboard()
    second = finisher.start()["id"]
    finisher.run_id = first

    assert told(finisher.change(1, completed=False, reflection="lost?")) == (409, "run_underway")

    assert finisher.dashboard() == before
    assert finisher.read(1)["progress"]["reflection"] == "at first"
    assert finisher.note(1, reflection="still mine", completed=True)["run"]["status"] == "completed"
    good(finisher.person.ask("PATCH", f"/v1/me/journeys/{second}", {"status": "abandoned"}))
    assert finisher.note(1, completed=False)["run"]["status"] == "active"


def test_giving_up_and_moving_in_one_change_do_both(site: Service, clock: Traveller) -> None:
    walker = Walker(agreed(site), clock)
    walker.start()

    board = walker.modify(status="abandoned", time_zone="Asia/Tokyo", reminder_time="08:00")

    assert (board["status"], board["time_zone"], board["reminder_time"]) == ("abandoned", "Asia/Tokyo", "08:00")
    assert board["abandoned_at"] == "2027-01-11T09:00:00Z"


def test_a_start_that_never_opened_can_be_given_up(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, starts_on=str(TODAY + 9 * A_DAY), agrees=False)
    assert walker.modify(status="abandoned")["current_day"] is None
    walker.travel(20 * A_DAY)

    assert set(statuses(walker.dashboard())) == {"locked"}
    assert start(walker.person).status_code == 201
    assert good(walker.ask("GET"))["status"] == "abandoned"
