"""Signing up, in and out on several devices, and what a member decides about their account."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.security.canaries import NEW_PASSWORD, PASSWORD, WORD
from trials.machine.model import AGAIN, LINK, Account, Decision, Device, Model, Person, Reply, Session, moment, same
from trials.machine.questions import DEVICE, WHO, Act, Mine, Question

HEALTH = "/v1/me/consents/health_data"
WRONG = "nobody's password at all"


def claims_of(token: str) -> Mapping[str, Any]:
    """What an access token says, without asking whether it is good."""
    encoded = token.split(".")[1]
    claims: Mapping[str, Any] = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    return claims


def begin_session(model: Model, person: Person, account: Account, reply: Reply) -> None:
    """As the tokens say that were given."""
    claims = claims_of(reply.body["access_token"])
    same("member", claims["sub"], account.id or claims["sub"])
    same("a session that was there before", claims["sid"] in account.sessions, False)
    account.id = claims["sub"]
    account.sessions[claims["sid"]] = Session(model.now, model.now)
    refreshes = {0: reply.body["refresh_token"]}
    person.devices[claims["sid"]] = Device(claims["sid"], reply.body["access_token"], model.now, refreshes)


@dataclass(frozen=True)
class Register:
    who: int
    agrees: bool

    def question(self, model: Model) -> Question:
        consents = [{"purpose": "health_data", "granted": True, "version": "1"}] if self.agrees else []
        body = {"email": model.people[self.who].address, "password": PASSWORD, "consents": consents}

        def judge(model: Model, reply: Reply) -> None:
            reply.is_told(202)
            person = model.people[self.who]
            if person.account is None:
                decisions = [Decision(True, model.now)] if self.agrees else []
                person.account = Account(model.now, PASSWORD, decisions)

        return Question("POST", "/v1/auth/register", judge, body)


@dataclass(frozen=True)
class Verify(Mine):
    """By the link that was mailed last: `token` is looked up by whoever reads mails."""

    token: str

    def question(self, model: Model) -> Question:
        def judge(model: Model, account: Account, reply: Reply) -> None:
            if account.verified or model.now >= account.registered_at + LINK:
                reply.is_told(422, "token_not_good")
            else:
                reply.is_told(204)
                account.verified = True

        return self.ask(model, "POST", "/v1/auth/verify-email", judge, {"token": self.token})


@dataclass(frozen=True)
class SignIn:
    who: int
    right: bool = True

    def question(self, model: Model) -> Question:
        person = model.people[self.who]
        password = (person.account.password if person.account else PASSWORD) if self.right else WRONG

        def judge(model: Model, reply: Reply) -> None:
            person = model.people[self.who]
            if person.account is None or person.account.password != password:
                reply.is_told(401, "wrong_credentials")
            else:
                reply.is_told(200)
                begin_session(model, person, person.account, reply)

        return Question("POST", "/v1/auth/login", judge, {"email": person.address, "password": password})


@dataclass(frozen=True)
class Refresh:
    """With the token in use, the one before it, or an older one."""

    who: int
    device: int
    behind: int

    def question(self, model: Model) -> Question:
        device = model.people[self.who].device(self.device, model.now)
        if device is None:
            body = {"refresh_token": "none"}
            return Question("POST", "/v1/auth/refresh", lambda _, reply: reply.is_told(401, "session_ended"), body)
        return refreshing(self.who, device, self.behind)


def refreshing(who: int, device: Device, behind: int = 0) -> Question:
    turn = max(0, max(device.refreshes) - behind)

    def judge(model: Model, reply: Reply) -> None:
        account = model.owner(device.session)
        if account is None:
            reply.is_told(401, "session_ended")
            return
        session = account.sessions[device.session]
        again = turn == session.turn - 1 and model.now - session.refreshed_at <= AGAIN
        if turn != session.turn and not again:
            reply.is_told(401, "session_ended")
            del account.sessions[device.session]
            return
        reply.is_told(200)
        told = model.people[who].devices[device.session]
        token = reply.body["refresh_token"]
        if not again:
            same("a token that was given before", token in told.refreshes.values(), False)
            session.turn, session.refreshed_at = turn + 1, model.now
            told.refreshes[session.turn] = token
        same("the next token", token, told.refreshes[session.turn])
        told.access, told.issued_at = reply.body["access_token"], model.now

    return Question("POST", "/v1/auth/refresh", judge, {"refresh_token": device.refreshes[turn]})


@dataclass(frozen=True)
class SignOut(Mine):
    def question(self, model: Model) -> Question:
        device = self.on(model)

        def judge(_: Model, account: Account, reply: Reply) -> None:
            reply.is_told(204)
            del account.sessions[device.session if device else ""]

        return self.ask(model, "POST", "/v1/auth/logout", judge)


@dataclass(frozen=True)
class EndSessions(Mine):
    others: bool

    def question(self, model: Model) -> Question:
        device = self.on(model)

        def judge(_: Model, account: Account, reply: Reply) -> None:
            reply.is_told(204)
            kept = {device.session} if device and self.others else set()
            account.sessions = {each: found for each, found in account.sessions.items() if each in kept}

        return self.ask(model, "DELETE", f"/v1/me/sessions?which={'others' if self.others else 'all'}", judge)


@dataclass(frozen=True)
class EndSession(Mine):
    """One of theirs, or of somebody else's, which to them is none."""

    whose: int
    other: int

    def question(self, model: Model) -> Question:
        ended = model.people[self.whose].device(self.other, model.now)
        session_id = ended.session if ended else "00000000-0000-4000-8000-000000000000"

        def judge(_: Model, account: Account, reply: Reply) -> None:
            if session_id in account.sessions:
                reply.is_told(204)
                del account.sessions[session_id]
            else:
                reply.is_told(404, "session_not_found")

        return self.ask(model, "DELETE", f"/v1/me/sessions/{session_id}", judge)


@dataclass(frozen=True)
class ChangePassword(Mine):
    right: bool

    def question(self, model: Model) -> Question:
        account = model.people[self.who].account
        present = account.password if account else PASSWORD
        new = NEW_PASSWORD if present == PASSWORD else PASSWORD

        def judge(model: Model, account: Account, reply: Reply) -> None:
            if not self.right:
                reply.is_told(403, "wrong_password")
                return
            reply.is_told(200)
            account.password = new
            account.sessions.clear()
            begin_session(model, model.people[self.who], account, reply)

        body = {"current_password": present if self.right else WRONG, "new_password": new}
        return self.ask(model, "PUT", "/v1/me/password", judge, body)


@dataclass(frozen=True)
class Decide(Mine):
    granted: bool

    def question(self, model: Model) -> Question:
        def judge(model: Model, account: Account, reply: Reply) -> None:
            reply.is_told(200)
            if not account.consents or account.consents[-1].granted != self.granted:
                account.consents.append(Decision(self.granted, model.now))
            same("consent", reply.body["granted"], self.granted)
            same("decided", moment(reply.body["decided_at"]), account.consents[-1].decided_at)

        return self.ask(model, "PUT", HEALTH, judge, {"granted": self.granted, "version": "1"})


@dataclass(frozen=True)
class Rename(Mine):
    number: int

    def question(self, model: Model) -> Question:
        name = f"{WORD} {self.number}"

        def judge(_: Model, account: Account, reply: Reply) -> None:
            reply.is_told(200)
            account.name = name
            same("id", reply.body["id"], account.id)

        return self.ask(model, "PATCH", "/v1/me", judge, {"display_name": name})


SESSIONS: st.SearchStrategy[Act] = st.one_of(
    st.builds(SignIn, WHO, st.sampled_from((True, True, True, False))),
    st.builds(Refresh, WHO, DEVICE, st.sampled_from((0, 0, 0, 1, 1, 2))),
    st.builds(SignOut, WHO, DEVICE),
    st.builds(EndSession, WHO, DEVICE, whose=WHO, other=DEVICE),
    st.builds(EndSessions, WHO, DEVICE, others=st.sampled_from((True, True, False))),
)
ACCOUNTS: st.SearchStrategy[Act] = st.one_of(
    st.builds(Register, WHO, st.booleans()),
    st.builds(ChangePassword, WHO, DEVICE, right=st.booleans()),
    st.builds(Decide, WHO, DEVICE, granted=st.sampled_from((True, True, False))),
    st.builds(Rename, WHO, DEVICE, number=st.integers(0, 9)),
)
