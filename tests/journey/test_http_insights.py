"""Tests for insights: counts and means of the notes that a member made during a 21-day journey."""

from time_machine import Traveller

from tests.factories.results import set_consent, status_and_code
from tests.factories.runs import ONE_DAY, RunClient, offline_change, ok_json
from tests.factories.services import Service


def insights(client: RunClient) -> dict[str, object]:
    return dict(ok_json(client.request("GET", "/insights")))


def test_insights_without_notes_have_no_means(readonly_client: RunClient, clock: Traveller) -> None:
    figures = insights(readonly_client)

    assert "can't be compared" in str(figures.pop("note"))
    assert figures == {
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


def test_insights_compute_counts_and_means_of_notes(client: RunClient) -> None:
    client.travel(3 * ONE_DAY)
    client.update_day(1, completed=True, mood_before=2, mood_after=3, reflection="It's a well-known feeling, isn't it?")
    client.update_day(2, completed=True, mood_before=1, mood_after=1, tasks={"first-2": True, "second-2": False})
    client.travel(ONE_DAY)
    client.update_day(3, mood_before=5, mood_after=4, tasks={"first-3": True, "second-3": True})
    client.update_day(4, mood_after=5, completed=True)
    client.update_day(5, reflection="é 😀 2 ...", tasks={"first-5": False})

    figures = insights(client)

    assert "well-known" not in str(figures)
    assert (figures["days_completed"], figures["dates_practised"], figures["percent"]) == (3, 2, 14)
    assert figures["longest_streak"] == 2
    assert figures["mood_before"] == {"n": 3, "mean": 2.67}
    assert figures["mood_after"] == {"n": 4, "mean": 3.25}
    assert figures["mood_change"] == {"n": 3, "mean_difference": 0.0}
    assert figures["words_written"] == 8
    names = ("day", "completed_on", "tasks_done", "mood_before", "mood_after", "words")
    assert figures["practice"] == [
        dict(zip(names, row, strict=True))
        for row in (
            (1, "2027-01-14", 0, 2, 3, 6),
            (2, "2027-01-14", 1, 1, 1, 0),
            (3, None, 2, 5, 4, 0),
            (4, "2027-01-15", 0, None, 5, 0),
            (5, None, 0, None, None, 2),
        )
    ]


def test_insights_exclude_removed_values(client: RunClient) -> None:
    before = insights(client)
    client.update_day(1, completed=True, mood_before=2, reflection="gone", tasks={"first-1": True})
    assert insights(client) != before
    client.update_day(1, completed=False, mood_before=None, reflection=None, tasks={"first-1": False})

    assert insights(client) == before


def test_insights_note_differs_below_eight_days(client: RunClient) -> None:
    client.travel(8 * ONE_DAY)
    client.sync(*(offline_change(day, client.now, mood_before=2, mood_after=3) for day in range(1, 7)))
    notes = []
    for day in (7, 8, 9):
        client.update_day(day, mood_before=2, mood_after=3)
        notes.append(insights(client)["note"])

    assert notes[0] != notes[1] == notes[2]
    assert insights(client)["mood_change"] == {"n": 9, "mean_difference": 1.0}


def test_insights_without_consent_return_403(site: Service, client: RunClient) -> None:
    client.update_day(1, mood_before=2)
    before = insights(client)
    set_consent(client.member, granted=False)
    assert status_and_code(client.request("GET", "/insights")) == (403, "consent_required")
    set_consent(client.member, granted=True)
    assert insights(client) == before
    client_without_consent = RunClient.create(site, client.clock, consents=False)
    assert status_and_code(client_without_consent.request("GET", "/insights")) == (403, "consent_required")


def test_insights_cover_one_run(client: RunClient) -> None:
    client.update_day(1, mood_before=1, completed=True)
    first = insights(client)
    client.update_run(status="abandoned")
    old = client.run_id
    client.start()
    assert insights(client)["days_completed"] == 0

    client.run_id = old
    assert insights(client) == first
