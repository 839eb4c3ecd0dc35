"""Taking everything along, and erasing it."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.factories.results import REFLECTION
from trials.machine.accounts import WRONG
from trials.machine.model import Account, Model, Reply, moment, same
from trials.machine.questions import DEVICE, WHO, Act, Mine, Question
from trials.machine.runs import EARLIER, Run

NOTED = ("mood_before", "mood_after", "reflection", EARLIER)


@dataclass(frozen=True)
class Export(Mine):
    def question(self, model: Model) -> Question:
        def judge(model: Model, account: Account, reply: Reply) -> None:
            if account.verified:
                reply.is_told(200)
                is_export(model, account, reply.body)
            else:
                reply.is_told(403, "address_unverified")

        return self.ask(model, "GET", "/v1/me/export", judge)


@dataclass(frozen=True)
class EraseHealth(Mine):
    right: bool

    def question(self, model: Model) -> Question:
        def judge(_: Model, account: Account, reply: Reply) -> None:
            if self.right:
                reply.is_told(204)
                account.forget_health()
            else:
                reply.is_told(403, "wrong_password")

        return self.ask(model, "DELETE", "/v1/me/health-data", judge, self.password(model))

    def password(self, model: Model) -> dict[str, str]:
        account = model.people[self.who].account
        return {"password": account.password if account and self.right else WRONG}


@dataclass(frozen=True)
class EraseMe(EraseHealth):
    def question(self, model: Model) -> Question:
        def judge(model: Model, account: Account, reply: Reply) -> None:
            if self.right:
                reply.is_told(204)
                model.erased.add(account.id)
                model.people[self.who].account = None
            else:
                reply.is_told(403, "wrong_password")

        return self.ask(model, "DELETE", "/v1/me", judge, self.password(model))


def is_export(model: Model, account: Account, found: Any) -> None:
    """It holds what the model holds, and nothing else."""
    shown = found["account"]
    same("account", (shown["id"], shown["display_name"]), (account.id, account.name))
    same("sessions", {each["id"] for each in found["sessions"]}, set(account.sessions))
    decisions = [(each["granted"], moment(each["decided_at"])) for each in found["consents"]]
    same("consents", decisions, [(each.granted, each.decided_at) for each in account.consents])
    results = [(moment(each["taken_at"]), each["id"], each["answers"]) for each in found["results"]]
    same("results", results, sorted((each.taken_at, name, each.answers) for name, each in account.results.items()))
    drafts = [(each["assessment"], each["answers"], moment(each["answered_at"])) for each in found["drafts"]]
    kept = [(REFLECTION, account.draft.answers, account.draft.answered_at)] if account.draft else []
    same("drafts", drafts, kept)
    same("runs", [told_run(each) for each in found["runs"]], [kept_run(run, model) for run in account.runs.values()])
    same("bookmarks", {each["article"]: moment(each["saved_at"]) for each in found["bookmarks"]}, account.bookmarks)


def told_run(run: Any) -> dict[str, Any]:
    return {
        "id": run["id"],
        "status": run["status"],
        "abandoned_at": moment(run["abandoned_at"]),
        "reminder": run["reminder_time"],
        "opened": [moment(each) for each in run["opened_at"]],
        "days": [told_day(each) for each in run["days"]],
    }


def told_day(day: Any) -> dict[str, Any]:
    return {
        "day": day["day"],
        "completed": (moment(day["completed_at"]), day["completed_on"]),
        "undone_at": moment(day["undone_at"]),
        "tasks": day["tasks"],
        **{name: day[name] for name in NOTED},
        "noted_at": {name: moment(at) for name, at in day["noted_at"].items()},
    }


def kept_run(run: Run, model: Model) -> dict[str, Any]:
    picture = run.picture(model.now)
    days = sorted(run.done.keys() | run.undone.keys() | run.notes.keys())
    return {
        "id": run.id,
        "status": picture.status,
        "abandoned_at": run.abandoned_at,
        "reminder": run.reminder,
        "opened": list(picture.opened.values()),
        "days": [kept_day(run, day, picture.completed.get(day)) for day in days],
    }


def kept_day(run: Run, day: int, completed: Any) -> dict[str, Any]:
    notes = run.notes.get(day, {})
    at, on = completed or (None, None)
    tasks = {name.removeprefix("tasks/"): note.value for name, note in notes.items() if name.startswith("tasks/")}
    return {
        "day": day,
        "completed": (at, on and on.isoformat()),
        "undone_at": run.undone.get(day),
        "tasks": tasks,
        **{name: notes[name].value if name in notes else None for name in NOTED},
        "noted_at": {name: note.at for name, note in notes.items()},
    }


RIGHT = st.sampled_from((True, True, True, False))
ERASING_ME = st.builds(EraseMe, WHO, DEVICE, right=RIGHT)
ERASING_HEALTH = st.builds(EraseHealth, WHO, DEVICE, right=RIGHT)
EXPORTING = st.builds(Export, WHO, DEVICE)
PRIVACY: st.SearchStrategy[Act] = st.one_of(EXPORTING, ERASING_HEALTH, ERASING_HEALTH, ERASING_ME)
