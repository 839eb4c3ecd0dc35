"""Random actions that start, read and change a run (a member's enrolment in a journey)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.factories.runs import JOURNEY_SLUG, RUNS_PATH
from tests.journey.clocks import local_date_at
from tests.journey.oracle import Start
from trials.machine.actions import DEVICE, ID, USER_INDEX, ApiRequest, MemberAction, UserAction
from trials.machine.model import ApiResponse, Model, ModelAccount, assert_equal, parse_timestamp
from trials.machine.runs import ModelRun

ZONES = ("Europe/Dublin", "America/New_York", "Pacific/Kiritimati")
RUN_SELECTOR = st.sampled_from(("current", "current", "current", "current", "current", "current")) | ID


def assert_dashboard(run: ModelRun, model: Model, body: Any) -> None:
    """Assert that a dashboard matches the state of the run that the model expects."""
    state = run.expected_state(model.now)
    assert_run_progress(run, model, body)
    assert_equal("run", (body["id"], body["pace"], body["time_zone"]), (run.id, run.start.pace, run.zone))
    assert_equal("reminder", body["reminder_time"], run.reminder)
    completed = {day["number"]: parse_timestamp(day["completed_at"]) for day in body["days"] if day["completed_at"]}
    assert_equal("completed days", completed, {day: at for day, (at, _) in state.completed.items()})
    openings = {day["number"]: parse_timestamp(day["opens_at"]) for day in body["days"] if day["status"] != "locked"}
    assert_equal("open days", openings, state.opened)


def assert_run_progress(run: ModelRun, model: Model, body: Any) -> None:
    state = run.expected_state(model.now)
    assert_equal(
        "completed days of the oracle",
        {day: at for day, (at, _) in state.completed.items()},
        run.completed_days,
    )
    actual = {name: body[name] for name in ("status", "current_day", "next_day", "days_completed", "percent")}
    expected = {
        "status": state.status,
        "current_day": state.current_day,
        "next_day": state.next_day,
        "days_completed": len(run.completed_days),
        "percent": state.percent,
    }
    assert_equal("run progress", actual, expected)
    assert_equal("today", date.fromisoformat(body["today"]), state.today)
    assert_equal("next day", parse_timestamp(body["next_opens_at"]), state.next_opens_at)
    assert_equal("streak", tuple(body["streak"].values()), state.streak)


@dataclass(frozen=True)
class StartRun(MemberAction):
    run_id: str
    pace: Any
    days_ahead: int
    zone: str

    def build_request(self, model: Model) -> ApiRequest:
        body = {"journey": JOURNEY_SLUG, "time_zone": self.zone, "pace": self.pace}
        starts_on = local_date_at(model.now, self.zone) + timedelta(days=self.days_ahead)
        if self.days_ahead:
            body["starts_on"] = starts_on.isoformat()

        def check(model: Model, account: ModelAccount, response: ApiResponse) -> None:
            existing = account.runs.get(self.run_id)
            if existing is not None and existing.body != body:
                response.assert_status(409, "id_reused")
            elif existing is None and account.has_run_underway():
                response.assert_status(409, "run_underway")
            else:
                response.assert_status(200 if existing else 201)
                if existing is None:
                    start = Start(model.now, starts_on, self.zone, self.pace)
                    account.runs[self.run_id] = ModelRun(self.run_id, body, model.now, start, self.zone)
                assert_dashboard(account.runs[self.run_id], model, response.body)

        return self.request(model, "PUT", f"{RUNS_PATH}/{self.run_id}", check, body)


@dataclass(frozen=True)
class ReadRun(MemberAction):
    run: str

    def build_request(self, model: Model) -> ApiRequest:
        def check(model: Model, account: ModelAccount, response: ApiResponse) -> None:
            run = account.find_run(self.run)
            if run is None:
                response.assert_status(404, "run_not_found")
            else:
                response.assert_status(200)
                assert_dashboard(run, model, response.body)

        return self.request(model, "GET", f"{RUNS_PATH}/{self.run}", check)


@dataclass(frozen=True)
class ChangeRun(MemberAction):
    """Action of a user: change the status, the time zone or the reminder of a run."""

    run: str
    field: str
    value: str | None

    @property
    def starts_period(self) -> bool:
        """Return whether the change starts or ends a pause, or changes the time zone.

        The order of two such changes at the same instant is undefined.
        """
        return self.field == "time_zone" or self.value in {"active", "paused"}

    def build_request(self, model: Model) -> ApiRequest:
        def check(model: Model, account: ModelAccount, response: ApiResponse) -> None:
            run = account.find_run(self.run)
            if run is None:
                response.assert_status(404, "run_not_found")
            elif not run.is_underway and not self.is_no_op(run):
                response.assert_status(409, "run_finished")
            else:
                response.assert_status(200)
                if run.is_underway:
                    self.apply(run, model)
                assert_dashboard(run, model, response.body)

        return self.request(model, "PATCH", f"{RUNS_PATH}/{self.run}", check, {self.field: self.value})

    def is_no_op(self, run: ModelRun) -> bool:
        return (self.field, self.value) in {("time_zone", run.zone), ("reminder_time", run.reminder)} or (
            self.value == "abandoned" and run.abandoned_at is not None
        )

    def apply(self, run: ModelRun, model: Model) -> None:
        if self.field == "reminder_time":
            run.reminder = self.value
        elif self.field == "time_zone" and self.value and self.value != run.zone:
            run.zone = self.value
            run.record_event("move", model.now, zone=self.value)
        elif self.value == "abandoned":
            run.abandoned_at = model.now
            run.record_event("abandon", model.now)
        elif self.field == "status" and run.paused != (self.value == "paused"):
            run.paused = not run.paused
            run.record_event("pause" if run.paused else "resume", model.now)


RUN_CHANGES = (
    ("status", "paused"),
    ("status", "active"),
    ("status", "paused"),
    ("status", "active"),
    ("status", "abandoned"),
    ("time_zone", ZONES[1]),
    ("time_zone", ZONES[2]),
    ("reminder_time", "07:30"),
    ("reminder_time", None),
)
STARTING_RUN = st.builds(
    StartRun,
    USER_INDEX,
    DEVICE,
    ID,
    pace=st.sampled_from(("daily", "daily", "daily", "gentle")),
    days_ahead=st.sampled_from((0, 0, 0, 1, 3)),
    zone=st.sampled_from(ZONES),
)
RUN_ACTIONS: st.SearchStrategy[UserAction] = st.one_of(
    STARTING_RUN,
    STARTING_RUN,
    st.builds(ReadRun, USER_INDEX, DEVICE, RUN_SELECTOR),
    st.builds(
        lambda user_index, device, run, change: ChangeRun(user_index, device, run, *change),
        USER_INDEX,
        DEVICE,
        RUN_SELECTOR,
        st.sampled_from(RUN_CHANGES),
    ),
)
