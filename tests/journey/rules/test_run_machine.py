"""Runs led at random through time and zones agree with an oracle, and never take back what was reached."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.journey.rules.progress import (
    DayStatus,
    RunHistory,
    RunProgress,
    Status,
    run_progress,
    with_completion,
    without_completion,
)
from app.journey.rules.schedule import LENGTH, Pace, Stretch, Timetable, changed, local_date
from tests.journey.oracle import Event, Kind, Picture, Start, replay
from tests.journey.zones import ZONES

# Just before something happens to a date: Apia skips one, clocks change over midnight, by half an hour, by three hours.
EVE = ("2011-12-28", "2018-11-02", "2026-03-27", "2026-04-03", "2026-04-22", "2026-09-04", "2020-10-02", "2024-02-27")
ANY_MOMENT = st.datetimes(datetime(2011, 1, 1), datetime(2029, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001
MOMENTS = ANY_MOMENT | st.builds(
    lambda eve, hours: datetime.fromisoformat(f"{eve}T00:00Z") + timedelta(hours=hours),
    st.sampled_from(EVE),
    st.integers(0, 47),
)
WHILES = (
    st.builds(timedelta, seconds=st.integers(0, 3_600))
    | st.builds(timedelta, hours=st.integers(1, 48))
    | st.builds(timedelta, days=st.integers(2, 9))
    | st.builds(timedelta, days=st.integers(10, 30))
)
ZONE = st.sampled_from(ZONES)
WHICH = st.integers(0, LENGTH - 1)


def picture_of(run: RunHistory, stands: RunProgress, now: datetime) -> Picture:
    """What the app says of a run, in the oracle's words."""
    return Picture(
        status=stands.status,
        today=stands.today,
        opened=dict(enumerate(run.openings(now=now), start=1)),
        completed={
            day.number: (day.completion.at, day.completion.on)
            for day in stands.days
            if day.completion.at and day.completion.on
        },
        current_day=stands.current_day,
        next_day=stands.next_day,
        next_opens_at=stands.next_opens_at,
        percent=stands.percent,
        streak=(stands.streak.current, stands.streak.longest, stands.streak.bridged),
    )


class Journeys(RuleBasedStateMachine):
    """One person's runs, one after another."""

    now: datetime
    run: RunHistory
    start: Start

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[tuple[RunHistory, RunProgress]] = []

    @initialize(now=MOMENTS, zone=ZONE, pace=st.sampled_from(Pace), ahead=st.integers(0, 2) | st.integers(0, 30))
    def begin(self, now: datetime, zone: str, pace: Pace, ahead: int) -> None:
        self.now = now
        starts_on = local_date(now, zone) + timedelta(days=ahead)
        self.run = RunHistory(Timetable(starts_on, pace, (Stretch(now, zone),)), {})
        self.start = Start(now, starts_on, zone, pace.value)
        self.events: list[Event] = []
        self.opened: tuple[datetime, ...] = ()
        self.reached: set[int] = set()

    @property
    def stands(self) -> RunProgress:
        return run_progress(self.run, now=self.now)

    @property
    def is_underway(self) -> bool:
        return self.run.is_underway

    def hear(self, kind: Kind, day: int = 0, happened_at: datetime | None = None, zone: str = "") -> None:
        self.events.append(Event(self.now, kind, day, happened_at, zone))

    def complete(self, day: int, happened_at: datetime) -> None:
        self.run, _ = with_completion(self.run, day, at=happened_at, now=self.now)
        self.hear("complete", day, happened_at)

    def change(self, kind: Kind, *, zone: str | None = None, paused: bool | None = None) -> None:
        """Pause, go on or travel: a state lasts for a second at least.

        At the gentle pace it isn't at the very instant at which clocks turn, either: whether a day whose condition is
        heard of later opened then, under the old values or under the new, nobody has decided.
        """
        if self.run.timetable.pace is Pace.GENTLE or self.now == self.run.timetable.stretches[-1].since:
            self.now += timedelta(seconds=1)
        timetable = changed(self.run.timetable, self.run.done, zone=zone, paused=paused, at=self.now)
        self.run = replace(self.run, timetable=timetable)
        self.hear(kind, zone=zone or "")

    @rule(a_while=WHILES)
    def let_time_pass(self, a_while: timedelta) -> None:
        before = self.stands
        self.now += a_while
        if not self.is_underway:
            assert replace(self.stands, today=before.today) == before

    @precondition(lambda self: self.is_underway and self.stands.next_opens_at)
    @rule()
    def wait_for_what_was_promised(self) -> None:
        """The next day opens at the instant that was told, and not a second before."""
        before = self.stands
        assert before.next_opens_at
        self.now = max(self.now, before.next_opens_at - timedelta(seconds=1))
        assert self.stands.current_day == before.current_day
        self.now = before.next_opens_at
        assert (self.stands.current_day or 0) > (before.current_day or 0)
        assert self.run.openings(now=self.now)[before.current_day or 0] == self.now

    @precondition(lambda self: self.is_underway and self.opened)
    @rule(which=WHICH)
    def complete_a_day(self, which: int) -> None:
        self.complete(1 + which % len(self.opened), self.now)

    @precondition(lambda self: self.is_underway and self.opened)
    @rule(which=WHICH, part=st.integers(0, 1_000))
    def hear_of_an_earlier_completion(self, which: int, part: int) -> None:
        """From another device, at any moment since the day opened."""
        day = 1 + which % len(self.opened)
        opened_at = self.opened[day - 1]
        self.complete(day, opened_at + (self.now - opened_at) * part / 1_000)

    @precondition(lambda self: self.is_underway and not self.run.timetable.paused)
    @rule(hours=st.lists(st.integers(10, 40), min_size=2, max_size=12))
    def practise_for_some_days(self, hours: list[int]) -> None:
        for some in hours:
            if self.is_underway and (day := self.stands.next_day):
                self.complete(day, self.now)
            self.now += timedelta(hours=some)

    @precondition(lambda self: self.reached and not self.run.abandoned_at)
    @rule(which=WHICH)
    def undo(self, which: int) -> None:
        day = sorted(self.reached)[which % len(self.reached)]
        self.run, _ = without_completion(self.run, day, now=self.now)
        self.hear("undo", day)
        self.reached.remove(day)

    @precondition(lambda self: self.is_underway and not self.run.timetable.paused)
    @rule()
    def pause(self) -> None:
        self.change("pause", paused=True)

    @precondition(lambda self: self.is_underway and self.run.timetable.paused)
    @rule()
    def resume(self) -> None:
        self.change("resume", paused=False)

    @precondition(lambda self: self.is_underway)
    @rule(zone=ZONE | st.sampled_from(ZONES[:11]))
    def travel(self, zone: str) -> None:
        self.change("move", zone=zone)

    @precondition(lambda self: len(self.events) > 20 or not self.is_underway)
    @rule(zone=ZONE, pace=st.sampled_from(Pace), ahead=st.integers(0, 3))
    def begin_again(self, zone: str, pace: Pace, ahead: int) -> None:
        if self.is_underway:
            self.run = replace(self.run, abandoned_at=self.now)
            self.hear("abandon")
            self.agrees_with_the_oracle()
        self.ended.append((self.run, self.stands))
        self.begin(self.now, zone, pace, ahead)

    @invariant()
    def nothing_locks_or_opens_later(self) -> None:
        openings = self.run.openings(now=self.now)
        assert len(openings) >= len(self.opened)
        assert all(now <= before for now, before in zip(openings, self.opened, strict=False))
        assert all(opening <= self.now for opening in openings)
        self.opened = openings

    @invariant()
    def completed_days_stay_so_unless_undone(self) -> None:
        stands = self.stands
        completed = {day.number for day in stands.days if day.status is DayStatus.COMPLETED}
        assert completed >= self.reached
        assert stands.days_completed == len(completed)
        assert stands.percent == (100 * len(completed)) // 21
        assert [day.number for day in stands.days] == list(range(1, LENGTH + 1))
        self.reached = completed

    @invariant()
    def agrees_with_the_oracle(self) -> None:
        assert picture_of(self.run, self.stands, self.now) == replay(self.start, self.events, self.now)

    @invariant()
    def what_has_ended_stays_as_it_was(self) -> None:
        for run, stood in self.ended:
            assert stood.status in {Status.ABANDONED, Status.COMPLETED}
            assert replace(run_progress(run, now=self.now), today=stood.today) == stood


TestJourneys = Journeys.TestCase
TestJourneys.settings = settings(max_examples=100, stateful_step_count=50)


def test_sixty_zones_at_least_are_travelled() -> None:
    assert len(set(ZONES)) >= 60
    assert set(ZONES) <= available_timezones()
