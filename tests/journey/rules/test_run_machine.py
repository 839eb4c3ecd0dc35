"""Property-based tests that compare the rules of a 21-day journey with a slow simulation, for random events."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.journey.rules.progress import DayStatus, RunProgress, Status
from app.journey.rules.schedule import LENGTH, Pace
from tests.journey.oracle import Event, Kind, RunState, SimulatedRun, Start
from tests.journey.runs import MemberRun
from tests.journey.zones import ZONES

# One or two days before clock changes: a skipped date in Apia, changes at midnight, of 30 minutes or three hours.
IRREGULAR_DATES = (
    "2011-12-28", "2018-11-02", "2026-03-27", "2026-04-03", "2026-04-22", "2026-09-04", "2020-10-02", "2024-02-27",
)  # fmt: skip
ANY_INSTANT = st.datetimes(datetime(2011, 1, 1), datetime(2029, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001
INSTANTS = ANY_INSTANT | st.builds(
    lambda day, hours: datetime.fromisoformat(f"{day}T00:00Z") + timedelta(hours=hours),
    st.sampled_from(IRREGULAR_DATES),
    st.integers(0, 47),
)
DURATIONS = (
    st.builds(timedelta, seconds=st.integers(0, 3_600))
    | st.builds(timedelta, hours=st.integers(1, 48))
    | st.builds(timedelta, days=st.integers(2, 9))
    | st.builds(timedelta, days=st.integers(10, 30))
)
ZONE = st.sampled_from(ZONES)
INDEXES = st.integers(0, LENGTH - 1)


def to_run_state(run: MemberRun, progress: RunProgress, now: datetime) -> RunState:
    """Convert the progress that the app calculated to the format of the simulation."""
    return RunState(
        status=progress.status,
        today=progress.today,
        opened=dict(enumerate(run.openings(now=now), start=1)),
        completed={
            day.number: (day.completion.at, day.completion.on)
            for day in progress.days
            if day.completion.at and day.completion.on
        },
        current_day=progress.current_day,
        next_day=progress.next_day,
        next_opens_at=progress.next_opens_at,
        percent=progress.percent,
        streak=(progress.streak.current, progress.streak.longest, progress.streak.bridged),
    )


class RunMachine(RuleBasedStateMachine):
    """Generates random events for consecutive journeys of one member."""

    now: datetime
    run: MemberRun

    def __init__(self) -> None:
        super().__init__()
        self.ended_runs: list[tuple[MemberRun, RunProgress]] = []

    @initialize(now=INSTANTS, zone=ZONE, pace=st.sampled_from(Pace), days_ahead=st.integers(0, 2) | st.integers(0, 30))
    def begin(self, now: datetime, zone: str, pace: Pace, days_ahead: int) -> None:
        self.now = now
        self.run = MemberRun.start(now, zone, days_ahead=days_ahead, pace=pace)
        self.simulation = SimulatedRun(Start(now, self.run.timetable.starts_on, zone, pace.value))
        self.event_count = 0
        self.opened: tuple[datetime, ...] = ()
        self.completed: set[int] = set()

    @property
    def progress(self) -> RunProgress:
        return self.run.progress(self.now)

    def record(self, kind: Kind, day: int = 0, happened_at: datetime | None = None, zone: str = "") -> None:
        self.simulation.apply(Event(self.now, kind, day, happened_at, zone))
        self.event_count += 1

    def complete(self, day: int, happened_at: datetime) -> None:
        self.run = self.run.complete(day, happened_at, received_at=self.now)
        self.record("complete", day, happened_at)

    def wait_for_change(self) -> None:
        """Wait until a pause or a change of the zone is at least one second after the previous change.

        At the gentle pace the change is never at the instant of a date change: the rules don't define which zone or
        status applies to completions reported later for that instant.
        """
        if self.run.timetable.pace is Pace.GENTLE or self.now == self.run.timetable.periods[-1].since:
            self.now += timedelta(seconds=1)

    @rule(duration=DURATIONS)
    def let_time_pass(self, duration: timedelta) -> None:
        before = self.progress
        self.now += duration
        if not self.run.is_underway:
            assert replace(self.progress, today=before.today) == before

    @precondition(lambda self: self.run.is_underway and self.progress.next_opens_at)
    @rule()
    def wait_for_next_opening(self) -> None:
        """Check that the next day opens at `next_opens_at`, and not a second earlier."""
        before = self.progress
        assert before.next_opens_at
        self.now = max(self.now, before.next_opens_at - timedelta(seconds=1))
        assert self.progress.current_day == before.current_day
        self.now = before.next_opens_at
        assert (self.progress.current_day or 0) > (before.current_day or 0)
        assert self.run.openings(now=self.now)[before.current_day or 0] == self.now

    @precondition(lambda self: self.run.is_underway and self.opened)
    @rule(index=INDEXES)
    def complete_day(self, index: int) -> None:
        self.complete(1 + index % len(self.opened), self.now)

    @precondition(lambda self: self.run.is_underway and self.opened)
    @rule(index=INDEXES, permille=st.integers(0, 1_000))
    def report_earlier_completion(self, index: int, permille: int) -> None:
        """Report a completion from another device, at any time since the day opened."""
        day = 1 + index % len(self.opened)
        opened_at = self.opened[day - 1]
        self.complete(day, opened_at + (self.now - opened_at) * permille / 1_000)

    @precondition(lambda self: self.run.is_underway and not self.run.timetable.is_paused)
    @rule(hours=st.lists(st.integers(10, 40), min_size=2, max_size=12))
    def practise_for_some_days(self, hours: list[int]) -> None:
        for hours_passed in hours:
            if self.run.is_underway and (day := self.progress.next_day):
                self.complete(day, self.now)
            self.now += timedelta(hours=hours_passed)

    @precondition(lambda self: self.completed and not self.run.abandoned_at)
    @rule(index=INDEXES)
    def undo(self, index: int) -> None:
        day = sorted(self.completed)[index % len(self.completed)]
        self.run = self.run.undo(day, self.now)
        self.record("undo", day)
        self.completed.remove(day)

    @precondition(lambda self: self.run.is_underway and not self.run.timetable.is_paused)
    @rule()
    def pause(self) -> None:
        self.wait_for_change()
        self.run = self.run.pause(self.now)
        self.record("pause")

    @precondition(lambda self: self.run.is_underway and self.run.timetable.is_paused)
    @rule()
    def resume(self) -> None:
        self.wait_for_change()
        self.run = self.run.resume(self.now)
        self.record("resume")

    @precondition(lambda self: self.run.is_underway)
    @rule(zone=ZONE | st.sampled_from(ZONES[:11]))
    def travel(self, zone: str) -> None:
        self.wait_for_change()
        self.run = self.run.move(self.now, zone)
        self.record("move", zone=zone)

    @precondition(lambda self: self.event_count > 20 or not self.run.is_underway)
    @rule(zone=ZONE, pace=st.sampled_from(Pace), days_ahead=st.integers(0, 3))
    def start_next_run(self, zone: str, pace: Pace, days_ahead: int) -> None:
        if self.run.is_underway:
            self.run = self.run.abandon(self.now)
            self.record("abandon")
            self.state_matches_oracle()
        self.ended_runs.append((self.run, self.progress))
        self.begin(self.now, zone, pace, days_ahead)

    @invariant()
    def openings_only_move_earlier(self) -> None:
        openings = self.run.openings(now=self.now)
        assert len(openings) >= len(self.opened)
        assert all(now <= before for now, before in zip(openings, self.opened, strict=False))
        assert all(opening <= self.now for opening in openings)
        self.opened = openings

    @invariant()
    def completed_days_stay_completed(self) -> None:
        progress = self.progress
        completed = {day.number for day in progress.days if day.status is DayStatus.COMPLETED}
        assert completed >= self.completed
        assert progress.days_completed == len(completed)
        assert progress.percent == (100 * len(completed)) // LENGTH
        assert [day.number for day in progress.days] == list(range(1, LENGTH + 1))
        self.completed = completed

    @invariant()
    def state_matches_oracle(self) -> None:
        assert to_run_state(self.run, self.progress, self.now) == self.simulation.state(self.now)

    @invariant()
    def ended_runs_do_not_change(self) -> None:
        for run, final_progress in self.ended_runs:
            assert final_progress.status in {Status.ABANDONED, Status.COMPLETED}
            assert replace(run.progress(self.now), today=final_progress.today) == final_progress


TestRunMachine = RunMachine.TestCase
TestRunMachine.settings = settings(max_examples=100, stateful_step_count=50)


def test_at_least_sixty_valid_zones_are_tested() -> None:
    assert len(set(ZONES)) >= 60
    assert set(ZONES) <= available_timezones()
