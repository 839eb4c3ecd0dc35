"""Tasks, moods and reflections: what they may be, and that they are kept only for those who agreed to it."""

import json
from typing import Any

import pytest
from httpx2 import Response
from time_machine import Traveller

from tests.factories.results import decide, faults, told
from tests.factories.rows import counts
from tests.factories.runs import A_DAY, RUNS, Walker, change_of, good, refused
from tests.factories.services import Service

NOTES: tuple[dict[str, Any], ...] = (
    {"tasks": {"first-1": True}},
    {"mood_before": 1},
    {"mood_after": 5},
    {"reflection": "a thought"},
)


@pytest.fixture
def reserved(site: Service, clock: Traveller) -> Walker:
    """Somebody who begins today, and didn't agree to notes being kept."""
    return Walker.of(site, clock, agrees=False)


def written(walker: Walker, text: str) -> Response:
    """A reflection, sent in UTF-8 as browsers do."""
    body = json.dumps({"reflection": text}, ensure_ascii=False).encode()
    headers = walker.person.headers | {"Content-Type": "application/json"}
    return walker.person.client.patch(f"{RUNS}/{walker.run_id}/days/1", content=body, headers=headers)


def progress(walker: Walker, day: int = 1) -> dict[str, Any]:
    return dict(walker.read(day)["progress"])


def test_a_reflection_comes_back_as_it_was_written(walker: Walker) -> None:
    for text in (
        "x" * 10_000,
        "😀" * 10_000,
        "👩‍👩‍👧‍👦 and 🏳️‍🌈",
        "  spaces around\n\tand lines\r\n ",
        "</script>\u2028{{ 7 * 7 }}",
        "שלום \u202egnirts",
    ):
        assert good(written(walker, text))["progress"]["reflection"] == text
        assert progress(walker)["reflection"] == text


def test_a_reflection_is_text_of_10_000_characters_at_most(resident: Walker, clock: Traveller) -> None:
    replies = [written(resident, text) for text in ("x" * 10_001, "😀" * 10_001)]
    replies += [resident.change(1, reflection=odd) for odd in ("nul\0", "lone \ud800", 4, True, ["text"])]

    for reply in replies:
        assert (told(reply), faults(reply)) == ((422, "invalid_input"), [("body", "/reflection")])
    assert progress(resident)["reflection"] is None


@pytest.mark.parametrize("name", ["mood_before", "mood_after"])
@pytest.mark.parametrize("mood", ["4", True, 4.0, 0, 6, -1, 10**30, [4], {}])
def test_what_is_no_mood_is_refused(resident: Walker, clock: Traveller, name: str, mood: Any) -> None:
    reply = resident.change(1, **{name: mood})

    assert (told(reply), faults(reply)) == ((422, "invalid_input"), [("body", f"/{name}")])
    assert progress(resident)[name] is None


def test_moods_are_from_1_to_5_and_null_takes_one_back(walker: Walker) -> None:
    for mood in (1, 2, 3, 4, 5):
        walker.note(1, mood_before=mood, mood_after=6 - mood)
        assert (progress(walker)["mood_before"], progress(walker)["mood_after"]) == (mood, 6 - mood)

    walker.note(1, mood_before=None)

    assert (progress(walker)["mood_before"], progress(walker)["mood_after"]) == (None, 1)


def test_a_reflection_is_taken_back_by_null_or_by_an_empty_one(walker: Walker) -> None:
    for nothing in (None, ""):
        walker.note(1, reflection="not for long", mood_after=3)
        walker.note(1, reflection=nothing)
        assert (progress(walker)["reflection"], progress(walker)["mood_after"]) == (None, 3)


def test_each_task_is_ticked_by_itself(walker: Walker) -> None:
    walker.note(1, tasks={"first-1": True})
    walker.note(1, tasks={"second-1": True})
    walker.note(1, tasks={"first-1": False})
    walker.note(1, tasks={})

    assert progress(walker)["tasks"] == {"first-1": False, "second-1": True}


def test_days_have_notes_of_their_own(walker: Walker) -> None:
    walker.travel(A_DAY)
    walker.note(1, reflection="one", tasks={"first-1": True})
    walker.note(2, reflection="two", mood_before=2)

    assert [(each["reflection"], each["mood_before"], each["tasks"]) for each in walker.progress()] == [
        ("one", None, {"first-1": True, "second-1": False}),
        ("two", 2, {"first-2": False, "second-2": False}),
    ]


def test_an_unknown_task_is_named_and_nothing_else_of_the_change_is_kept(resident: Walker, clock: Traveller) -> None:
    tasks = {"first-1": True, "first-2": True, "no-such": False}
    reply = resident.change(1, tasks=tasks, completed=True, mood_before=3)

    assert (told(reply), faults(reply)) == (
        (422, "unknown_task"),
        [("body", "/tasks/first-2"), ("body", "/tasks/no-such")],
    )
    assert progress(resident) == {
        "completed_at": None,
        "completed_on": None,
        "tasks": {"first-1": False, "second-1": False},
        "mood_before": None,
        "mood_after": None,
        "reflection": None,
    }


@pytest.mark.parametrize("done", [1, "true", None, {}])
def test_a_task_is_done_or_not(resident: Walker, clock: Traveller, done: Any) -> None:
    reply = resident.change(1, tasks={"first-1": done})

    assert (told(reply), faults(reply)) == ((422, "invalid_input"), [("body", "/tasks/first-1")])


@pytest.mark.parametrize("name", ["No Task", "", "x" * 121, "nul\0", "a/b"])
def test_what_can_not_be_the_name_of_a_task_is_refused(resident: Walker, clock: Traveller, name: str) -> None:
    reply = resident.change(1, tasks={name: True})

    assert reply.status_code == 422
    assert faults(reply)[0][1].startswith("/tasks/")


def test_notes_need_consent_and_completing_needs_none(site: Service, reserved: Walker) -> None:
    before = counts(site.database)["day_notes"]
    for fields in NOTES:
        assert told(reserved.change(1, **fields)) == (403, "consent_required")
        [result] = reserved.sync(change_of(1, reserved.now, **fields))["results"]
        assert refused(result)[:2] == (403, "consent_required")

    reserved.complete(1)

    assert reserved.dashboard()["days_completed"] == 1
    assert counts(site.database)["day_notes"] == before


def test_a_mixed_change_is_refused_as_a_whole_without_consent(reserved: Walker) -> None:
    for fields in NOTES:
        assert told(reserved.change(1, completed=True, **fields)) == (403, "consent_required")
        [result] = reserved.sync(change_of(1, reserved.now, completed=True, **fields))["results"]
        assert refused(result)[:2] == (403, "consent_required")

    assert reserved.dashboard()["days_completed"] == 0


def test_after_a_withdrawal_reading_goes_on_and_nothing_new_is_kept(walker: Walker) -> None:
    walker.note(1, reflection="before", mood_before=2, tasks={"first-1": True})
    day = walker.read(1)
    decide(walker.person, granted=False)

    for fields in NOTES:
        if fields != {"tasks": {"first-1": True}}:  # which is so already
            assert told(walker.change(1, **fields)) == (403, "consent_required")

    assert walker.read(1) == day
    walker.complete(1)
    assert progress(walker)["reflection"] == "before"
    walker.note(1, completed=False)
    decide(walker.person, granted=True)
    assert walker.note(1, reflection="after")["progress"] == day["progress"] | {"reflection": "after"}


def test_after_a_withdrawal_what_was_kept_may_be_taken_back(walker: Walker) -> None:
    walker.note(1, reflection="before", mood_before=2, tasks={"first-1": True})
    decide(walker.person, granted=False)

    walker.note(1, reflection=None, mood_before=None, tasks={"first-1": False}, completed=True)

    found = progress(walker)
    assert (found["reflection"], found["mood_before"], found["tasks"]["first-1"]) == (None, None, False)


def test_what_was_written_is_found_nowhere_in_the_clear(site: Service, walker: Walker) -> None:
    walker.note(1, reflection="a pomegranate", tasks={"second-1": True}, completed=True)

    board, listed = walker.ask("GET").text, walker.person.ask("GET", "/v1/me/journeys").text

    assert "pomegranate" not in board + listed
    assert good(walker.ask("GET", "/days/1"))["progress"]["reflection"] == "a pomegranate"
