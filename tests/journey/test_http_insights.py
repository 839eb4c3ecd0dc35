"""Insights are counts and means of what was noted, each with how many days are in it."""

from time_machine import Traveller

from tests.factories.results import decide, told
from tests.factories.runs import A_DAY, Walker, good
from tests.factories.services import Service


def insights(walker: Walker) -> dict[str, object]:
    return dict(good(walker.ask("GET", "/insights")))


def test_without_notes_there_are_no_means(resident: Walker, clock: Traveller) -> None:
    found = insights(resident)

    assert "nothing to compare" in str(found.pop("note"))
    assert found == {
        "days_completed": 0,
        "dates_practised": 0,
        "percent": 0,
        "longest_streak": 0,
        "practice": [],
        "mood_before": {"n": 0, "mean": None},
        "mood_after": {"n": 0, "mean": None},
        "mood_change": {"n": 0, "mean_difference": None},
        "words_written": 0,
    }


def test_counts_and_means_are_of_what_was_noted(walker: Walker) -> None:
    walker.travel(3 * A_DAY)
    walker.note(1, completed=True, mood_before=2, mood_after=3, reflection="It's a well-known feeling, isn't it?")
    walker.note(2, completed=True, mood_before=1, mood_after=1, tasks={"first-2": True, "second-2": False})
    walker.travel(A_DAY)
    walker.note(3, mood_before=5, mood_after=4, tasks={"first-3": True, "second-3": True})
    walker.note(4, mood_after=5, completed=True)
    walker.note(5, reflection="é 😀 2 ...", tasks={"first-5": False})

    found = insights(walker)

    assert (found["days_completed"], found["dates_practised"], found["percent"], found["longest_streak"]) == (
        3, 2, 14, 2,
    )  # fmt: skip
    assert found["mood_before"] == {"n": 3, "mean": 2.67}
    assert found["mood_after"] == {"n": 4, "mean": 3.25}
    assert found["mood_change"] == {"n": 3, "mean_difference": 0.0}
    assert found["words_written"] == 8
    names = ("day", "completed_on", "tasks_done", "mood_before", "mood_after", "words")
    assert found["practice"] == [
        dict(zip(names, row, strict=True))
        for row in (
            (1, "2027-01-14", 0, 2, 3, 6),
            (2, "2027-01-14", 1, 1, 1, 0),
            (3, None, 2, 5, 4, 0),
            (4, "2027-01-15", 0, None, 5, 0),
            (5, None, 0, None, None, 2),
        )
    ]


def test_what_was_taken_back_counts_no_longer(walker: Walker) -> None:
    before = insights(walker)
    walker.note(1, completed=True, mood_before=2, reflection="gone", tasks={"first-1": True})
    assert insights(walker) != before
    walker.note(1, completed=False, mood_before=None, reflection=None, tasks={"first-1": False})

    assert insights(walker) == before


def test_figures_of_few_days_are_said_to_be_so(walker: Walker) -> None:
    walker.travel(8 * A_DAY)
    notes = []
    for day in range(1, 10):
        walker.note(day, mood_before=2, mood_after=3)
        notes.append(insights(walker)["note"])

    assert len(set(notes[:7])) == len(set(notes[7:])) == 1
    assert notes[6] != notes[7]
    assert insights(walker)["mood_change"] == {"n": 9, "mean_difference": 1.0}


def test_insights_tell_counts_and_no_words(walker: Walker) -> None:
    walker.note(1, reflection="pomegranate seeds")

    text = walker.ask("GET", "/insights").text
    assert '"words_written":2' in text
    assert "pomegranate" not in text


def test_insights_need_consent_and_end_with_its_withdrawal(site: Service, walker: Walker) -> None:
    walker.note(1, mood_before=2)
    before = insights(walker)
    decide(walker.person, granted=False)
    assert told(walker.ask("GET", "/insights")) == (403, "consent_required")
    decide(walker.person, granted=True)
    assert insights(walker) == before
    reserved = Walker.of(site, walker.clock, agrees=False)
    assert told(reserved.ask("GET", "/insights")) == (403, "consent_required")


def test_insights_are_of_one_run(walker: Walker) -> None:
    walker.note(1, mood_before=1, completed=True)
    first = insights(walker)
    walker.modify(status="abandoned")
    old = walker.run_id
    walker.start()
    assert insights(walker)["days_completed"] == 0

    walker.run_id = old
    assert insights(walker) == first
