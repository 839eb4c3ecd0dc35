"""Taking the assessment, with an account or without one, keeping results and drafts; and bookmarks."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.factories.results import REFLECTION, RESULTS, draft_path
from trials.machine.model import CLAIM, Account, Claim, Draft, Model, Reply, Result, moment, same
from trials.machine.questions import DEVICE, WHICH, WHO, Act, JudgeMine, Mine, Question

ARTICLES = ("here-now", "there-then", "now-and-then")
MANY = 3  # kinds of answers


def answers(which: int) -> dict[str, int]:
    return {f"q{n:02}": 1 + (n * (which + 1)) % 7 for n in range(1, 25)}


def is_result(result_id: str, kept: Result, body: Any) -> None:
    same("result", (body["id"], moment(body["taken_at"])), (result_id, kept.taken_at))
    raw = {each["question"]: each["raw"] for each in body["explanation"]}
    same("answers", raw, kept.answers)


@dataclass(frozen=True)
class Score:
    """Without an account; the token goes from hand to hand."""

    answers: int

    def question(self, _: Model) -> Question:
        def judge(model: Model, reply: Reply) -> None:
            reply.is_told(200)
            model.claims[reply.body["claim_token"]] = Claim(answers(self.answers), model.now)

        body = {"answers": answers(self.answers)}
        return Question("POST", f"/v1/assessments/{REFLECTION}/score", judge, body)


@dataclass(frozen=True)
class KeepResult(Mine):
    which: str
    answers: int

    def question(self, model: Model) -> Question:
        body = {"assessment": REFLECTION, "version": 1, "answers": answers(self.answers)}
        return self.ask(model, "PUT", f"{RESULTS}/{self.which}", self.judge(body), body)

    def judge(self, body: Any, claimed: str = "") -> JudgeMine:
        def judge(model: Model, account: Account, reply: Reply) -> None:
            kept = account.results.get(self.which)
            claim = model.claims.get(claimed)
            if kept is not None and kept.body != body:
                reply.is_told(409, "id_reused")
            elif kept is not None:
                reply.is_told(200)
                is_result(self.which, kept, reply.body)
            elif self.which in account.deleted:
                reply.is_told(410, "deleted")
            elif not account.agreed:
                reply.is_told(403, "consent_required")
            elif claim and model.now >= claim.scored_at + CLAIM:
                reply.is_told(422, "claim_expired")
            elif claim and claim.used:
                reply.is_told(409, "claim_used")
            else:
                reply.is_told(201)
                if claim:
                    claim.used = True
                taken = (claim.answers, claim.scored_at) if claim else (body["answers"], model.now)
                account.results[self.which] = Result(body, *taken)
                account.draft = None
                is_result(self.which, account.results[self.which], reply.body)

        return judge


@dataclass(frozen=True)
class ClaimResult(KeepResult):
    """What was scored without an account; `answers` says which claim it is."""

    def question(self, model: Model) -> Question:
        tokens = list(model.claims)
        if not tokens:
            return Score(self.answers).question(model)
        claimed = tokens[-1 - self.answers % len(tokens)]
        body = {"claim_token": claimed}
        return self.ask(model, "PUT", f"{RESULTS}/{self.which}", self.judge(body, claimed), body)


@dataclass(frozen=True)
class ReadResult(Mine):
    which: str

    def question(self, model: Model) -> Question:
        def judge(_: Model, account: Account, reply: Reply) -> None:
            if self.which in account.results:
                reply.is_told(200)
                is_result(self.which, account.results[self.which], reply.body)
            else:
                reply.is_told(404, "result_not_found")

        return self.ask(model, "GET", f"{RESULTS}/{self.which}", judge)


@dataclass(frozen=True)
class DeleteResult(Mine):
    which: str

    def question(self, model: Model) -> Question:
        def judge(_: Model, account: Account, reply: Reply) -> None:
            if self.which in account.results or self.which in account.deleted:
                reply.is_told(204)
                account.results.pop(self.which, None)
                account.deleted.add(self.which)
            else:
                reply.is_told(404, "result_not_found")

        return self.ask(model, "DELETE", f"{RESULTS}/{self.which}", judge)


@dataclass(frozen=True)
class KeepDraft(Mine):
    answers: int
    minutes_ago: int

    def question(self, model: Model) -> Question:
        draft = Draft({"q01": 1 + self.answers}, model.now - timedelta(minutes=self.minutes_ago))

        def judge(_: Model, account: Account, reply: Reply) -> None:
            if not account.agreed:
                reply.is_told(403, "consent_required")
            elif account.draft and account.draft.answered_at > draft.answered_at:
                reply.is_told(409, "draft_newer")
                same("the newer draft", reply.body["draft"]["answers"], account.draft.answers)
            else:
                reply.is_told(200)
                account.draft = draft

        body = {"version": 1, "answers": draft.answers, "answered_at": draft.answered_at.isoformat()}
        return self.ask(model, "PUT", draft_path(), judge, body)


@dataclass(frozen=True)
class DeleteDraft(Mine):
    def question(self, model: Model) -> Question:
        def judge(_: Model, account: Account, reply: Reply) -> None:
            reply.is_told(204)
            account.draft = None

        return self.ask(model, "DELETE", draft_path(), judge)


@dataclass(frozen=True)
class Bookmark(Mine):
    article: str
    keeps: bool

    def question(self, model: Model) -> Question:
        def judge(model: Model, account: Account, reply: Reply) -> None:
            if self.keeps:
                reply.is_told(200 if self.article in account.bookmarks else 201)
                account.bookmarks.setdefault(self.article, model.now)
                same("saved", moment(reply.body["saved_at"]), account.bookmarks[self.article])
            else:
                reply.is_told(204)
                account.bookmarks.pop(self.article, None)

        return self.ask(model, "PUT" if self.keeps else "DELETE", f"/v1/me/bookmarks/{self.article}", judge)


KIND = st.integers(0, MANY - 1)
KEEPING = st.builds(KeepResult, WHO, DEVICE, WHICH, KIND)
DRAFTING = st.builds(KeepDraft, WHO, DEVICE, answers=KIND, minutes_ago=st.sampled_from((0, 1, 60)))
ASSESSMENTS: st.SearchStrategy[Act] = st.one_of(
    KEEPING,
    KEEPING,
    st.builds(Score, KIND),
    st.builds(ClaimResult, WHO, DEVICE, WHICH, KIND),
    st.builds(ClaimResult, WHO, DEVICE, WHICH, st.just(0)),
    st.builds(ReadResult, WHO, DEVICE, WHICH),
    st.builds(DeleteResult, WHO, DEVICE, WHICH),
    DRAFTING,
    DRAFTING,
    st.builds(DeleteDraft, WHO, DEVICE),
)
BOOKMARKS: st.SearchStrategy[Act] = st.builds(
    Bookmark, WHO, DEVICE, article=st.sampled_from(ARTICLES), keeps=st.booleans()
)
