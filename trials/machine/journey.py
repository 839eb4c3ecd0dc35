"""Starting, changing and ending runs."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.factories.runs import JOURNEY, RUNS
from tests.journey.clocks import shown_at
from tests.journey.oracle import Start
from trials.machine.model import Account, Model, Reply, moment, same
from trials.machine.questions import DEVICE, WHICH, WHO, Act, Mine, Question
from trials.machine.runs import Run

ZONES = ("Europe/Dublin", "America/New_York", "Pacific/Kiritimati")
RUN = st.sampled_from(("current", "current", "current", "current", "current", "current")) | WHICH


def is_dashboard(run: Run, model: Model, body: Any) -> None:
    """All that it says is what the oracle says."""
    picture = run.picture(model.now)
    is_standing(run, model, body)
    same("run", (body["id"], body["pace"], body["time_zone"]), (run.id, run.start.pace, run.zone))
    same("reminder", body["reminder_time"], run.reminder)
    completed = {each["number"]: moment(each["completed_at"]) for each in body["days"] if each["completed_at"]}
    same("completed days", completed, {day: at for day, (at, _) in picture.completed.items()})
    openings = {each["number"]: moment(each["opens_at"]) for each in body["days"] if each["status"] != "locked"}
    same("open days", openings, picture.opened)


def is_standing(run: Run, model: Model, body: Any) -> None:
    picture = run.picture(model.now)
    same("the oracle's completed days", {day: at for day, (at, _) in picture.completed.items()}, run.done)
    found = {name: body[name] for name in ("status", "current_day", "next_day", "days_completed", "percent")}
    expected = {
        "status": picture.status,
        "current_day": picture.current_day,
        "next_day": picture.next_day,
        "days_completed": len(run.done),
        "percent": picture.percent,
    }
    same("standing", found, expected)
    same("today", date.fromisoformat(body["today"]), picture.today)
    same("next day", moment(body["next_opens_at"]), picture.next_opens_at)
    same("streak", tuple(body["streak"].values()), picture.streak)


@dataclass(frozen=True)
class StartRun(Mine):
    which: str
    pace: Any
    ahead: int
    zone: str

    def question(self, model: Model) -> Question:
        body = {"journey": JOURNEY, "time_zone": self.zone, "pace": self.pace}
        starts_on = shown_at(model.now, self.zone) + timedelta(days=self.ahead)
        if self.ahead:
            body["starts_on"] = starts_on.isoformat()

        def judge(model: Model, account: Account, reply: Reply) -> None:
            known = account.runs.get(self.which)
            if known is not None and known.body != body:
                reply.is_told(409, "id_reused")
            elif known is None and account.underway():
                reply.is_told(409, "run_underway")
            else:
                reply.is_told(200 if known else 201)
                if known is None:
                    start = Start(model.now, starts_on, self.zone, self.pace)
                    account.runs[self.which] = Run(self.which, body, model.now, start, self.zone)
                is_dashboard(account.runs[self.which], model, reply.body)

        return self.ask(model, "PUT", f"{RUNS}/{self.which}", judge, body)


@dataclass(frozen=True)
class ReadRun(Mine):
    run: str

    def question(self, model: Model) -> Question:
        def judge(model: Model, account: Account, reply: Reply) -> None:
            run = account.find_run(self.run)
            if run is None:
                reply.is_told(404, "run_not_found")
            else:
                reply.is_told(200)
                is_dashboard(run, model, reply.body)

        return self.ask(model, "GET", f"{RUNS}/{self.run}", judge)


@dataclass(frozen=True)
class ChangeRun(Mine):
    """Its status, its zone or its reminder: one of them."""

    run: str
    name: str
    value: str | None

    @property
    def turns(self) -> bool:
        """Whether it begins another stretch: of two at one instant nobody has decided which counts."""
        return self.name == "time_zone" or self.value in {"active", "paused"}

    def question(self, model: Model) -> Question:
        def judge(model: Model, account: Account, reply: Reply) -> None:
            run = account.find_run(self.run)
            if run is None:
                reply.is_told(404, "run_not_found")
            elif not run.is_underway and not self.changes_nothing(run):
                reply.is_told(409, "run_finished")
            else:
                reply.is_told(200)
                if run.is_underway:
                    self.change(run, model)
                is_dashboard(run, model, reply.body)

        return self.ask(model, "PATCH", f"{RUNS}/{self.run}", judge, {self.name: self.value})

    def changes_nothing(self, run: Run) -> bool:
        return (self.name, self.value) in {("time_zone", run.zone), ("reminder_time", run.reminder)} or (
            self.value == "abandoned" and run.abandoned_at is not None
        )

    def change(self, run: Run, model: Model) -> None:
        if self.name == "reminder_time":
            run.reminder = self.value
        elif self.name == "time_zone" and self.value and self.value != run.zone:
            run.zone = self.value
            run.hear("move", model.now, zone=self.value)
        elif self.value == "abandoned":
            run.abandoned_at = model.now
            run.hear("abandon", model.now)
        elif self.name == "status" and run.paused != (self.value == "paused"):
            run.paused = not run.paused
            run.hear("pause" if run.paused else "resume", model.now)


CHANGES = (
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
STARTING = st.builds(
    StartRun,
    WHO,
    DEVICE,
    WHICH,
    pace=st.sampled_from(("daily", "daily", "daily", "gentle")),
    ahead=st.sampled_from((0, 0, 0, 1, 3)),
    zone=st.sampled_from(ZONES),
)
RUNNING: st.SearchStrategy[Act] = st.one_of(
    STARTING,
    STARTING,
    st.builds(ReadRun, WHO, DEVICE, RUN),
    st.builds(
        lambda who, device, run, change: ChangeRun(who, device, run, *change),
        WHO,
        DEVICE,
        RUN,
        st.sampled_from(CHANGES),
    ),
)
