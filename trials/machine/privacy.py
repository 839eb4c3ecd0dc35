"""Random actions that export or erase the data of a member."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.factories.results import REFLECTION
from trials.machine.accounts import WRONG_PASSWORD
from trials.machine.actions import DEVICE, USER_INDEX, ApiRequest, MemberAction, UserAction
from trials.machine.model import ApiResponse, Model, ModelAccount, assert_equal, parse_timestamp
from trials.machine.runs import EARLIER_REFLECTION, ModelRun

NOTE_FIELDS = ("mood_before", "mood_after", "reflection", EARLIER_REFLECTION)


@dataclass(frozen=True)
class ExportData(MemberAction):
    def build_request(self, model: Model) -> ApiRequest:
        def check(model: Model, account: ModelAccount, response: ApiResponse) -> None:
            if account.verified:
                response.assert_status(200)
                assert_export(model, account, response.body)
            else:
                response.assert_status(403, "address_unverified")

        return self.request(model, "GET", "/v1/me/export", check)


@dataclass(frozen=True)
class EraseHealthData(MemberAction):
    correct_password: bool

    def build_request(self, model: Model) -> ApiRequest:
        def check(_: Model, account: ModelAccount, response: ApiResponse) -> None:
            if self.correct_password:
                response.assert_status(204)
                account.delete_health_data()
            else:
                response.assert_status(403, "wrong_password")

        return self.request(model, "DELETE", "/v1/me/health-data", check, self.password_body(model))

    def password_body(self, model: Model) -> dict[str, str]:
        account = model.users[self.user_index].account
        return {"password": account.password if account and self.correct_password else WRONG_PASSWORD}


@dataclass(frozen=True)
class EraseAccount(EraseHealthData):
    def build_request(self, model: Model) -> ApiRequest:
        def check(model: Model, account: ModelAccount, response: ApiResponse) -> None:
            if self.correct_password:
                response.assert_status(204)
                model.erased.add(account.id)
                model.users[self.user_index].account = None
            else:
                response.assert_status(403, "wrong_password")

        return self.request(model, "DELETE", "/v1/me", check, self.password_body(model))


def assert_export(model: Model, account: ModelAccount, export: Any) -> None:
    """Assert that a data export contains exactly the member's data in the model."""
    exported_account = export["account"]
    assert_equal("account", (exported_account["id"], exported_account["display_name"]), (account.id, account.name))
    assert_equal("sessions", {session["id"] for session in export["sessions"]}, set(account.sessions))
    decisions = [(consent["granted"], parse_timestamp(consent["decided_at"])) for consent in export["consents"]]
    assert_equal("consents", decisions, [(consent.granted, consent.decided_at) for consent in account.consents])
    results = [(parse_timestamp(result["taken_at"]), result["id"], result["answers"]) for result in export["results"]]
    assert_equal(
        "results", results, sorted((result.taken_at, name, result.answers) for name, result in account.results.items())
    )
    drafts = [
        (draft["assessment"], draft["answers"], parse_timestamp(draft["answered_at"])) for draft in export["drafts"]
    ]
    expected_drafts = [(REFLECTION, account.draft.answers, account.draft.answered_at)] if account.draft else []
    assert_equal("drafts", drafts, expected_drafts)
    assert_equal(
        "runs",
        [exported_run(run) for run in export["runs"]],
        [expected_run(run, model) for run in account.runs.values()],
    )
    assert_equal(
        "bookmarks",
        {bookmark["article"]: parse_timestamp(bookmark["saved_at"]) for bookmark in export["bookmarks"]},
        account.bookmarks,
    )


def exported_run(run: Any) -> dict[str, Any]:
    return {
        "id": run["id"],
        "status": run["status"],
        "abandoned_at": parse_timestamp(run["abandoned_at"]),
        "reminder": run["reminder_time"],
        "opened": [parse_timestamp(opened_at) for opened_at in run["opened_at"]],
        "days": [exported_day(day) for day in run["days"]],
    }


def exported_day(day: Any) -> dict[str, Any]:
    return {
        "day": day["day"],
        "completed": (parse_timestamp(day["completed_at"]), day["completed_on"]),
        "undone_at": parse_timestamp(day["undone_at"]),
        "tasks": day["tasks"],
        **{name: day[name] for name in NOTE_FIELDS},
        "noted_at": {name: parse_timestamp(at) for name, at in day["noted_at"].items()},
    }


def expected_run(run: ModelRun, model: Model) -> dict[str, Any]:
    state = run.expected_state(model.now)
    days = sorted(run.completed_days.keys() | run.undone_at.keys() | run.notes.keys())
    return {
        "id": run.id,
        "status": state.status,
        "abandoned_at": run.abandoned_at,
        "reminder": run.reminder,
        "opened": list(state.opened.values()),
        "days": [expected_day(run, day, state.completed.get(day)) for day in days],
    }


def expected_day(run: ModelRun, day: int, completed: Any) -> dict[str, Any]:
    notes = run.notes.get(day, {})
    at, local_date = completed or (None, None)
    tasks = {name.removeprefix("tasks/"): note.value for name, note in notes.items() if name.startswith("tasks/")}
    return {
        "day": day,
        "completed": (at, local_date and local_date.isoformat()),
        "undone_at": run.undone_at.get(day),
        "tasks": tasks,
        **{name: notes[name].value if name in notes else None for name in NOTE_FIELDS},
        "noted_at": {name: note.at for name, note in notes.items()},
    }


CORRECT_PASSWORD = st.sampled_from((True, True, True, False))
ERASING_ACCOUNT = st.builds(EraseAccount, USER_INDEX, DEVICE, correct_password=CORRECT_PASSWORD)
ERASING_HEALTH = st.builds(EraseHealthData, USER_INDEX, DEVICE, correct_password=CORRECT_PASSWORD)
EXPORTING = st.builds(ExportData, USER_INDEX, DEVICE)
PRIVACY: st.SearchStrategy[UserAction] = st.one_of(EXPORTING, ERASING_HEALTH, ERASING_HEALTH, ERASING_ACCOUNT)
