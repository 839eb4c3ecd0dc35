"""What somebody does and writes on their days, and what a phone kept for later."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from tests.factories.runs import RUNS, shown
from tests.journey.oracle import LAST
from tests.security.canaries import WORD
from trials.machine.journey import RUN, is_dashboard, is_standing
from trials.machine.model import IDS, Account, Model, Reply, TookBack, moment, same
from trials.machine.questions import DEVICE, WHO, Act, Mine, Question
from trials.machine.runs import Json, Refused, Run, flat

TEXTS = ("", f"The {WORD} sang.", f"The {WORD} was quiet.", f"No {WORD} today.")


def named(fields: Json, day: int) -> Json:
    """With the tasks' ids, which are others on each day."""
    tasks = {"tasks": {f"{name}-{day}": done for name, done in fields["tasks"].items()}} if "tasks" in fields else {}
    return fields | tasks


def is_progress(expected: Json, found: Json) -> None:
    same("progress", found | {"completed_at": moment(found["completed_at"])}, expected)


def opened(model: Model, account: Account, run_id: str, day: int, reply: Reply) -> Run | None:
    """The run, if it is theirs and the day open; else the reply has to say what is amiss."""
    run = account.find_run(run_id)
    if run is None:
        reply.is_told(404, "run_not_found")
    elif day not in run.picture(model.now).opened:
        reply.is_told(403, "day_locked")
    else:
        return run
    return None


@dataclass(frozen=True)
class ChangeDay(Mine):
    """On an open day mostly, counted back from the newest one; `careful`: if it is still as they last saw it."""

    run: str
    back: int
    fields: Any
    careful: bool = False

    def question(self, model: Model) -> Question:
        account = model.people[self.who].account
        run = account.find_run(self.run) if account else None
        day = day_back(run, self.back, model.now)
        seen = run.seen.get(day) if run and self.careful else None
        fields = named(self.fields, day)

        def judge(model: Model, account: Account, reply: Reply) -> None:
            if run := opened(model, account, self.run, day, reply):
                self.judge(model, account, run, day, fields, seen, reply)

        path = f"{RUNS}/{self.run}/days/{day}"
        return self.ask(model, "PATCH", path, judge, fields, seen[0] if seen else None)

    def judge(self, model: Model, account: Account, run: Run, day: int, fields: Json, seen: Any, reply: Reply) -> None:
        was_over, before = not run.is_underway, run.progress(day, model.now)
        try:
            effects = run.change(day, fields, at=model.now, now=model.now, agreed=account.agreed)
        except Refused as refusal:
            reply.is_told({"consent_required": 403}.get(str(refusal), 409), str(refusal))
        else:
            if "applied" in effects.values() and seen and seen[1] != before:
                reply.is_told(412, "day_changed")
                raise TookBack
            if was_over and run.is_underway and account.underway(but=run):
                reply.is_told(409, "run_underway")
                raise TookBack
            reply.is_told(200)
            is_progress(run.progress(day, model.now), reply.body["progress"])
            is_standing(run, model, reply.body["run"])
            if reply.etag:
                run.seen[day] = reply.etag, run.progress(day, model.now)


@dataclass(frozen=True)
class ReadDay(Mine):
    run: str
    back: int

    def question(self, model: Model) -> Question:
        account = model.people[self.who].account
        day = day_back(account.find_run(self.run) if account else None, self.back, model.now)

        def judge(model: Model, account: Account, reply: Reply) -> None:
            if run := opened(model, account, self.run, day, reply):
                reply.is_told(200)
                is_progress(run.progress(day, model.now), reply.body["progress"])
                if reply.etag:
                    run.seen[day] = reply.etag, run.progress(day, model.now)

        return self.ask(model, "GET", f"{RUNS}/{self.run}/days/{day}", judge)


@dataclass(frozen=True)
class Offline:
    """A change that a phone kept, by an id out of few."""

    change: str
    back: int
    hours_ago: int
    fields: Any


@dataclass(frozen=True)
class Sync(Mine):
    """Send a batch; or, with none, the one that was sent last once more."""

    run: str
    changes: tuple[Offline, ...]

    def question(self, model: Model) -> Question:
        account = model.people[self.who].account
        run = account.find_run(self.run) if account else None
        changes = self.bodies(run, model.now) or (run.sent if run else [])

        def judge(model: Model, account: Account, reply: Reply) -> None:
            run = account.find_run(self.run)
            if run is None:
                reply.is_told(404, "run_not_found")
                return
            reply.is_told(200)
            run.sent = changes
            expected = {number: merged(run, change, model, account) for number, change in in_order(changes)}
            found = dict(enumerate(map(outcome, reply.body["results"])))
            same("outcomes", found, expected)
            is_dashboard(run, model, reply.body["dashboard"])

        return self.ask(model, "POST", f"{RUNS}/{self.run}/sync", judge, {"changes": changes})

    def bodies(self, run: Run | None, now: datetime) -> list[Json]:
        days = (day_back(run, each.back, now) for each in self.changes)
        return [
            offline(each.change, day, now - timedelta(hours=each.hours_ago), each.fields)
            for day, each in zip(days, self.changes, strict=True)
        ]


@dataclass(frozen=True)
class Finish(Sync):
    """All days in one batch, as far as they are open."""

    run: str = "current"
    changes: tuple[Offline, ...] = ()

    def bodies(self, _run: Run | None, now: datetime) -> list[Json]:
        return [offline(str(UUID(int=100 + day)), day, now, {"completed": True}) for day in range(1, LAST + 1)]


def offline(change_id: str, day: int, happened_at: datetime, fields: Json) -> Json:
    return {"change_id": change_id, "day": day, "happened_at": shown(happened_at), "fields": named(fields, day)}


def day_back(run: Run | None, back: int, now: datetime) -> int:
    """The newest open day, or so many days before it; -1 is the one that isn't open yet."""
    newest = max(run.picture(now).opened, default=0) if run else 1
    return min(LAST, max(1, newest - back))


def in_order(changes: list[Json]) -> list[tuple[int, Json]]:
    return sorted(enumerate(changes), key=lambda each: (each[1]["happened_at"], each[1]["change_id"]))


def outcome(result: Any) -> str:
    return str(result["problem"]["code"] if result["problem"] else result["status"])


def merged(run: Run, change: Json, model: Model, account: Account) -> str:
    """What a change of a batch came to."""
    known = change["change_id"] in run.changes
    if known:
        said = run.changes[change["change_id"]]
        return "unchanged" if said in (change, None) else "id_reused"
    at, day, fields = moment(change["happened_at"]), change["day"], change["fields"]
    assert at
    if fields.get("completed") is False:
        return "undo_not_synced"
    opened = run.picture(model.now).opened
    if day not in opened or at < opened[day]:
        return "before_opening"
    before = dict(run.notes.get(day, {})), dict(run.done)
    try:
        effects = run.change(day, fields, at=at, now=model.now, agreed=account.agreed, offline=True)
    except Refused as refusal:
        return str(refusal)
    if before != (run.notes.get(day, {}), run.done):
        run.changes[change["change_id"]] = change
    assert set(effects) == set(flat(fields)) | ({"completed"} & set(fields))
    return next((each for each in ("applied", "superseded") if each in effects.values()), "unchanged")


MOOD = st.sampled_from((1, 3, 5, None))
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "completed": st.sampled_from((True, True, False)),
        "tasks": st.dictionaries(st.sampled_from(("first", "second")), st.booleans(), max_size=2),
        "mood_before": MOOD,
        "mood_after": MOOD,
        "reflection": st.sampled_from((*TEXTS, None)),
    },
)
JUST_DONE, UNDONE = st.just({"completed": True}), st.just({"completed": False})
BACK = st.sampled_from((0, 0, 0, 1, 1, 2, 4, -1))
OFFLINE = st.builds(Offline, st.sampled_from(IDS), BACK, st.sampled_from((0, 0, 1, 1, 5, 30)), FIELDS | JUST_DONE)
COMPLETING = st.builds(ChangeDay, WHO, DEVICE, RUN, BACK, JUST_DONE)
UNDOING = st.builds(ChangeDay, WHO, DEVICE, RUN, BACK, UNDONE)
SYNCING = st.builds(Sync, WHO, DEVICE, RUN, st.lists(OFFLINE, max_size=4).map(tuple))
DAYS: st.SearchStrategy[Act] = st.one_of(
    COMPLETING,
    UNDOING,
    st.builds(ChangeDay, WHO, DEVICE, RUN, BACK, FIELDS, careful=st.booleans()),
    st.builds(ChangeDay, WHO, DEVICE, RUN, BACK, FIELDS, careful=st.booleans()),
    st.builds(ReadDay, WHO, DEVICE, RUN, BACK),
    SYNCING,
    SYNCING,
)
