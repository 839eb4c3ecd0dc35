"""Random actions on assessments, with and without an account, and on bookmarks."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.factories.results import REFLECTION, RESULTS_PATH, draft_path
from trials.machine.actions import DEVICE, ID, USER_INDEX, ApiRequest, CheckMemberResponse, MemberAction, UserAction
from trials.machine.model import (
    CLAIM_LIFETIME,
    ApiResponse,
    Model,
    ModelAccount,
    ModelClaim,
    ModelDraft,
    ModelResult,
    assert_equal,
    parse_timestamp,
)

ARTICLES = ("here-now", "there-then", "now-and-then")
ANSWER_SET_COUNT = 3


def make_answers(answer_set: int) -> dict[str, int]:
    return {f"q{number:02}": 1 + (number * (answer_set + 1)) % 7 for number in range(1, 25)}


def assert_result(result_id: str, expected: ModelResult, body: Any) -> None:
    assert_equal("result", (body["id"], parse_timestamp(body["taken_at"])), (result_id, expected.taken_at))
    raw = {item["question"]: item["raw"] for item in body["explanation"]}
    assert_equal("answers", raw, expected.answers)


@dataclass(frozen=True)
class ScoreAnonymously:
    """Action of a visitor: score answers without an account. Any user can save the score later."""

    answer_set: int

    def build_request(self, _: Model) -> ApiRequest:
        def check(model: Model, response: ApiResponse) -> None:
            response.assert_status(200)
            model.claims[response.body["claim_token"]] = ModelClaim(make_answers(self.answer_set), model.now)

        body = {"answers": make_answers(self.answer_set)}
        return ApiRequest("POST", f"/v1/assessments/{REFLECTION}/score", check, body)


@dataclass(frozen=True)
class SaveResult(MemberAction):
    result_id: str
    answer_set: int

    def build_request(self, model: Model) -> ApiRequest:
        body = {"assessment": REFLECTION, "version": 1, "answers": make_answers(self.answer_set)}
        return self.request(model, "PUT", f"{RESULTS_PATH}/{self.result_id}", self.make_check(body), body)

    def make_check(self, body: Any, claim_token: str = "") -> CheckMemberResponse:
        def make_check(model: Model, account: ModelAccount, response: ApiResponse) -> None:
            existing = account.results.get(self.result_id)
            claim = model.claims.get(claim_token)
            if existing is not None and existing.body != body:
                response.assert_status(409, "id_reused")
            elif existing is not None:
                response.assert_status(200)
                assert_result(self.result_id, existing, response.body)
            elif self.result_id in account.deleted:
                response.assert_status(410, "deleted")
            elif not account.has_consent:
                response.assert_status(403, "consent_required")
            elif claim and model.now >= claim.scored_at + CLAIM_LIFETIME:
                response.assert_status(422, "claim_expired")
            elif claim and claim.used:
                response.assert_status(409, "claim_used")
            else:
                response.assert_status(201)
                if claim:
                    claim.used = True
                answers, taken_at = (claim.answers, claim.scored_at) if claim else (body["answers"], model.now)
                account.results[self.result_id] = ModelResult(body, answers, taken_at)
                account.draft = None
                assert_result(self.result_id, account.results[self.result_id], response.body)

        return make_check


@dataclass(frozen=True)
class ClaimResult(SaveResult):
    """Action of a user: save an anonymous score in their account. `answer_set` selects the score."""

    def build_request(self, model: Model) -> ApiRequest:
        tokens = list(model.claims)
        if not tokens:
            return ScoreAnonymously(self.answer_set).build_request(model)
        claim_token = tokens[-1 - self.answer_set % len(tokens)]
        body = {"claim_token": claim_token}
        return self.request(model, "PUT", f"{RESULTS_PATH}/{self.result_id}", self.make_check(body, claim_token), body)


@dataclass(frozen=True)
class ReadResult(MemberAction):
    result_id: str

    def build_request(self, model: Model) -> ApiRequest:
        def check(_: Model, account: ModelAccount, response: ApiResponse) -> None:
            if self.result_id in account.results:
                response.assert_status(200)
                assert_result(self.result_id, account.results[self.result_id], response.body)
            else:
                response.assert_status(404, "result_not_found")

        return self.request(model, "GET", f"{RESULTS_PATH}/{self.result_id}", check)


@dataclass(frozen=True)
class DeleteResult(MemberAction):
    result_id: str

    def build_request(self, model: Model) -> ApiRequest:
        def check(_: Model, account: ModelAccount, response: ApiResponse) -> None:
            if self.result_id in account.results or self.result_id in account.deleted:
                response.assert_status(204)
                account.results.pop(self.result_id, None)
                account.deleted.add(self.result_id)
            else:
                response.assert_status(404, "result_not_found")

        return self.request(model, "DELETE", f"{RESULTS_PATH}/{self.result_id}", check)


@dataclass(frozen=True)
class SaveDraft(MemberAction):
    answer_set: int
    minutes_ago: int

    def build_request(self, model: Model) -> ApiRequest:
        draft = ModelDraft({"q01": 1 + self.answer_set}, model.now - timedelta(minutes=self.minutes_ago))

        def check(_: Model, account: ModelAccount, response: ApiResponse) -> None:
            if not account.has_consent:
                response.assert_status(403, "consent_required")
            elif account.draft and account.draft.answered_at > draft.answered_at:
                response.assert_status(409, "draft_newer")
                assert_equal("newer draft", response.body["draft"]["answers"], account.draft.answers)
            else:
                response.assert_status(200)
                account.draft = draft

        body = {"version": 1, "answers": draft.answers, "answered_at": draft.answered_at.isoformat()}
        return self.request(model, "PUT", draft_path(), check, body)


@dataclass(frozen=True)
class DeleteDraft(MemberAction):
    def build_request(self, model: Model) -> ApiRequest:
        def check(_: Model, account: ModelAccount, response: ApiResponse) -> None:
            response.assert_status(204)
            account.draft = None

        return self.request(model, "DELETE", draft_path(), check)


@dataclass(frozen=True)
class ChangeBookmark(MemberAction):
    article: str
    saves: bool

    def build_request(self, model: Model) -> ApiRequest:
        def check(model: Model, account: ModelAccount, response: ApiResponse) -> None:
            if self.saves:
                response.assert_status(200 if self.article in account.bookmarks else 201)
                account.bookmarks.setdefault(self.article, model.now)
                assert_equal("saved", parse_timestamp(response.body["saved_at"]), account.bookmarks[self.article])
            else:
                response.assert_status(204)
                account.bookmarks.pop(self.article, None)

        return self.request(model, "PUT" if self.saves else "DELETE", f"/v1/me/bookmarks/{self.article}", check)


ANSWER_SET = st.integers(0, ANSWER_SET_COUNT - 1)
SAVING_RESULT = st.builds(SaveResult, USER_INDEX, DEVICE, ID, ANSWER_SET)
SAVING_DRAFT = st.builds(SaveDraft, USER_INDEX, DEVICE, answer_set=ANSWER_SET, minutes_ago=st.sampled_from((0, 1, 60)))
ASSESSMENTS: st.SearchStrategy[UserAction] = st.one_of(
    SAVING_RESULT,
    SAVING_RESULT,
    st.builds(ScoreAnonymously, ANSWER_SET),
    st.builds(ClaimResult, USER_INDEX, DEVICE, ID, ANSWER_SET),
    st.builds(ClaimResult, USER_INDEX, DEVICE, ID, st.just(0)),
    st.builds(ReadResult, USER_INDEX, DEVICE, ID),
    st.builds(DeleteResult, USER_INDEX, DEVICE, ID),
    SAVING_DRAFT,
    SAVING_DRAFT,
    st.builds(DeleteDraft, USER_INDEX, DEVICE),
)
BOOKMARKS: st.SearchStrategy[UserAction] = st.builds(
    ChangeBookmark, USER_INDEX, DEVICE, article=st.sampled_from(ARTICLES), saves=st.booleans()
)
