"""Random actions on the days of a run (a member's enrolment in a journey), online and by sync."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from tests.factories.runs import RUNS_PATH, format_utc
from tests.journey.oracle import LAST_DAY
from tests.security.canaries import CANARY
from trials.machine.actions import DEVICE, USER_INDEX, ApiRequest, MemberAction, UserAction
from trials.machine.journey import RUN_SELECTOR, assert_dashboard, assert_run_progress
from trials.machine.model import (
    SHARED_IDS,
    ApiResponse,
    Model,
    ModelAccount,
    RevertChange,
    assert_equal,
    parse_timestamp,
)
from trials.machine.runs import ChangeRejected, Json, ModelRun, flatten_fields

REFLECTIONS = ("", f"The {CANARY} sang.", f"The {CANARY} was quiet.", f"No {CANARY} today.")


def with_task_ids(fields: Json, day: int) -> Json:
    """Replace task names by the ids of a day's tasks, such as "first" by "first-3"."""
    tasks = {"tasks": {f"{name}-{day}": done for name, done in fields["tasks"].items()}} if "tasks" in fields else {}
    return fields | tasks


def assert_day_progress(expected: Json, actual: Json) -> None:
    assert_equal("progress", actual | {"completed_at": parse_timestamp(actual["completed_at"])}, expected)


def open_run(model: Model, account: ModelAccount, selector: str, day: int, response: ApiResponse) -> ModelRun | None:
    """Return the run if the day is unlocked. Otherwise check the error response, and return None."""
    run = account.find_run(selector)
    if run is None:
        response.assert_status(404, "run_not_found")
    elif day not in run.expected_state(model.now).opened:
        response.assert_status(403, "day_locked")
    else:
        return run
    return None


@dataclass(frozen=True)
class ChangeDay(MemberAction):
    """Action of a user: change a day of a run, `days_back` days before the newest unlocked day."""

    run: str
    days_back: int
    fields: Any
    sends_if_match: bool = False

    def build_request(self, model: Model) -> ApiRequest:
        account = model.users[self.user_index].account
        run = account.find_run(self.run) if account else None
        day = select_day(run, self.days_back, model.now)
        last_read = run.last_read.get(day) if run and self.sends_if_match else None
        fields = with_task_ids(self.fields, day)

        def check(model: Model, account: ModelAccount, response: ApiResponse) -> None:
            if run := open_run(model, account, self.run, day, response):
                self.check(model, account, run, day, fields, last_read, response)

        path = f"{RUNS_PATH}/{self.run}/days/{day}"
        return self.request(model, "PATCH", path, check, fields, last_read[0] if last_read else None)

    def check(
        self,
        model: Model,
        account: ModelAccount,
        run: ModelRun,
        day: int,
        fields: Json,
        last_read: Any,
        response: ApiResponse,
    ) -> None:
        was_finished, before = not run.is_underway, run.progress(day, model.now)
        try:
            effects = run.change(day, fields, at=model.now, now=model.now, has_consent=account.has_consent)
        except ChangeRejected as rejection:
            response.assert_status({"consent_required": 403}.get(str(rejection), 409), str(rejection))
        else:
            if "applied" in effects.values() and last_read and last_read[1] != before:
                response.assert_status(412, "day_changed")
                raise RevertChange
            if was_finished and run.is_underway and account.has_run_underway(except_for=run):
                response.assert_status(409, "run_underway")
                raise RevertChange
            response.assert_status(200)
            assert_day_progress(run.progress(day, model.now), response.body["progress"])
            assert_run_progress(run, model, response.body["run"])
            if response.etag:
                run.last_read[day] = response.etag, run.progress(day, model.now)


@dataclass(frozen=True)
class ReadDay(MemberAction):
    run: str
    days_back: int

    def build_request(self, model: Model) -> ApiRequest:
        account = model.users[self.user_index].account
        day = select_day(account.find_run(self.run) if account else None, self.days_back, model.now)

        def check(model: Model, account: ModelAccount, response: ApiResponse) -> None:
            if run := open_run(model, account, self.run, day, response):
                response.assert_status(200)
                assert_day_progress(run.progress(day, model.now), response.body["progress"])
                if response.etag:
                    run.last_read[day] = response.etag, run.progress(day, model.now)

        return self.request(model, "GET", f"{RUNS_PATH}/{self.run}/days/{day}", check)


@dataclass(frozen=True)
class QueuedChange:
    """A change of a day that a client recorded offline."""

    change_id: str
    days_back: int
    hours_ago: int
    fields: Any


@dataclass(frozen=True)
class Sync(MemberAction):
    """Action of a user: send a batch of offline changes. Without changes, it repeats the last batch."""

    run: str
    changes: tuple[QueuedChange, ...]

    def build_request(self, model: Model) -> ApiRequest:
        account = model.users[self.user_index].account
        run = account.find_run(self.run) if account else None
        changes = self.change_bodies(run, model.now) or (run.last_batch if run else [])

        def check(model: Model, account: ModelAccount, response: ApiResponse) -> None:
            run = account.find_run(self.run)
            if run is None:
                response.assert_status(404, "run_not_found")
                return
            response.assert_status(200)
            run.last_batch = changes
            expected = {
                number: expected_outcome(run, change, model, account) for number, change in sorted_by_time(changes)
            }
            actual = dict(enumerate(map(result_outcome, response.body["results"])))
            assert_equal("outcomes", actual, expected)
            assert_dashboard(run, model, response.body["dashboard"])

        return self.request(model, "POST", f"{RUNS_PATH}/{self.run}/sync", check, {"changes": changes})

    def change_bodies(self, run: ModelRun | None, now: datetime) -> list[Json]:
        days = (select_day(run, change.days_back, now) for change in self.changes)
        return [
            offline_body(change.change_id, day, now - timedelta(hours=change.hours_ago), change.fields)
            for day, change in zip(days, self.changes, strict=True)
        ]


@dataclass(frozen=True)
class CompleteAllDays(Sync):
    """Action of a user: complete all days of a run in one batch."""

    run: str = "current"
    changes: tuple[QueuedChange, ...] = ()

    def change_bodies(self, _run: ModelRun | None, now: datetime) -> list[Json]:
        return [offline_body(str(UUID(int=100 + day)), day, now, {"completed": True}) for day in range(1, LAST_DAY + 1)]


def offline_body(change_id: str, day: int, happened_at: datetime, fields: Json) -> Json:
    body = {"change_id": change_id, "day": day, "fields": with_task_ids(fields, day)}
    return body | {"happened_at": format_utc(happened_at)}


def select_day(run: ModelRun | None, days_back: int, now: datetime) -> int:
    """Return the day `days_back` days before the newest unlocked day. -1 means the next locked day."""
    newest = max(run.expected_state(now).opened, default=0) if run else 1
    return min(LAST_DAY, max(1, newest - days_back))


def sorted_by_time(changes: list[Json]) -> list[tuple[int, Json]]:
    return sorted(enumerate(changes), key=lambda item: (item[1]["happened_at"], item[1]["change_id"]))


def result_outcome(result: Any) -> str:
    return str(result["problem"]["code"] if result["problem"] else result["status"])


def expected_outcome(run: ModelRun, change: Json, model: Model, account: ModelAccount) -> str:
    """Apply one change of a batch to the run in the model, and return the expected outcome."""
    if change["change_id"] in run.changes:
        earlier = run.changes[change["change_id"]]
        return "unchanged" if earlier in (change, None) else "id_reused"
    at, day, fields = parse_timestamp(change["happened_at"]), change["day"], change["fields"]
    assert at
    if fields.get("completed") is False:
        return "undo_not_synced"
    opening_times = run.expected_state(model.now).opened
    if day not in opening_times or at < opening_times[day]:
        return "before_opening"
    before = dict(run.notes.get(day, {})), dict(run.completed_days)
    try:
        effects = run.change(day, fields, at=at, now=model.now, has_consent=account.has_consent, offline=True)
    except ChangeRejected as rejection:
        return str(rejection)
    if before != (run.notes.get(day, {}), run.completed_days):
        run.changes[change["change_id"]] = change
    assert set(effects) == set(flatten_fields(fields)) | ({"completed"} & set(fields))
    return next((effect for effect in ("applied", "superseded") if effect in effects.values()), "unchanged")


MOOD = st.sampled_from((1, 3, 5, None))
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "completed": st.sampled_from((True, True, False)),
        "tasks": st.dictionaries(st.sampled_from(("first", "second")), st.booleans(), max_size=2),
        "mood_before": MOOD,
        "mood_after": MOOD,
        "reflection": st.sampled_from((*REFLECTIONS, None)),
    },
)
COMPLETED_ONLY, UNDO_ONLY = st.just({"completed": True}), st.just({"completed": False})
DAYS_BACK = st.sampled_from((0, 0, 0, 1, 1, 2, 4, -1))
OFFLINE_CHANGE = st.builds(
    QueuedChange, st.sampled_from(SHARED_IDS), DAYS_BACK, st.sampled_from((0, 0, 1, 1, 5, 30)), FIELDS | COMPLETED_ONLY
)
COMPLETING = st.builds(ChangeDay, USER_INDEX, DEVICE, RUN_SELECTOR, DAYS_BACK, COMPLETED_ONLY)
UNDOING = st.builds(ChangeDay, USER_INDEX, DEVICE, RUN_SELECTOR, DAYS_BACK, UNDO_ONLY)
SYNCING = st.builds(Sync, USER_INDEX, DEVICE, RUN_SELECTOR, st.lists(OFFLINE_CHANGE, max_size=4).map(tuple))
DAY_ACTIONS: st.SearchStrategy[UserAction] = st.one_of(
    COMPLETING,
    UNDOING,
    st.builds(ChangeDay, USER_INDEX, DEVICE, RUN_SELECTOR, DAYS_BACK, FIELDS, sends_if_match=st.booleans()),
    st.builds(ChangeDay, USER_INDEX, DEVICE, RUN_SELECTOR, DAYS_BACK, FIELDS, sends_if_match=st.booleans()),
    st.builds(ReadDay, USER_INDEX, DEVICE, RUN_SELECTOR, DAYS_BACK),
    SYNCING,
    SYNCING,
)
