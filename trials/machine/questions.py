"""What is asked over HTTP, and how the model judges the answer. An act says with small numbers what somebody does, so
that what is drawn never depends on how a race ended; a question is made of it when it is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from hypothesis import strategies as st

from trials.machine.model import ACCESS, IDS, Account, Device, Model, Reply

Judge = Callable[[Model, Reply], None]  # changes the model as the answer says; raises Differs where it says otherwise
JudgeMine = Callable[[Model, Account, Reply], None]

PEOPLE = 3
WHO = st.integers(0, PEOPLE - 1)
DEVICE = st.sampled_from((0, 0, 0, 1, 1, 2, 5))
WHICH = st.sampled_from(IDS)


@dataclass(frozen=True)
class Question:
    method: str
    path: str
    judge: Judge
    body: Any = None
    token: str | None = None
    if_match: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= {"If-Match": self.if_match} if self.if_match else {}
        return headers


class Act(Protocol):
    def question(self, model: Model) -> Question: ...


@dataclass(frozen=True)
class Mine:
    """What somebody does on one of their devices."""

    who: int
    device: int

    def on(self, model: Model) -> Device | None:
        return model.people[self.who].device(self.device, model.now)

    def ask(
        self, model: Model, method: str, path: str, judge: JudgeMine, body: Any = None, if_match: str | None = None
    ) -> Question:
        """Whose session is over is told so, whatever they ask."""
        device = self.on(model)
        if device is None:
            return Question(method, path, lambda _, reply: reply.is_told(401, "not_signed_in"), body)
        in_time = model.now < device.issued_at + ACCESS

        def judged(model: Model, reply: Reply) -> None:
            account = model.owner(device.session) if in_time else None
            if account is None:
                reply.is_told(401, "not_signed_in")
            else:
                judge(model, account, reply)

        return Question(method, path, judged, body, device.access, if_match)


def told(status: int, code: str | None = None) -> JudgeMine:
    return lambda _model, _account, reply: reply.is_told(status, code)
