"""Random actions on accounts and sessions: registration, sign-in, refresh, sign-out and settings."""

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.security.canaries import CANARY, NEW_PASSWORD, PASSWORD
from trials.machine.actions import DEVICE, USER_INDEX, ApiRequest, MemberAction, UserAction
from trials.machine.model import (
    LINK_LIFETIME,
    REFRESH_GRACE,
    ApiResponse,
    Model,
    ModelAccount,
    ModelConsent,
    ModelDevice,
    assert_equal,
    parse_timestamp,
    start_session,
)

HEALTH_CONSENT_PATH = "/v1/me/consents/health_data"
WRONG_PASSWORD = "nobody's password at all"  # noqa: S105 - no secret
UNKNOWN_SESSION_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Register:
    user_index: int
    gives_consent: bool

    def build_request(self, model: Model) -> ApiRequest:
        consents = [{"purpose": "health_data", "granted": True, "version": "1"}] if self.gives_consent else []
        body = {"email": model.users[self.user_index].address, "password": PASSWORD, "consents": consents}

        def check(model: Model, response: ApiResponse) -> None:
            response.assert_status(202)
            user = model.users[self.user_index]
            if user.account is None:
                decisions = [ModelConsent(True, model.now)] if self.gives_consent else []
                user.account = ModelAccount(model.now, PASSWORD, decisions)

        return ApiRequest("POST", "/v1/auth/register", check, body)


@dataclass(frozen=True)
class VerifyEmail(MemberAction):
    """Action of a user: verify the email address with the token of the latest email."""

    token: str

    def build_request(self, model: Model) -> ApiRequest:
        def check(model: Model, account: ModelAccount, response: ApiResponse) -> None:
            if account.verified or model.now >= account.registered_at + LINK_LIFETIME:
                response.assert_status(422, "token_not_good")
            else:
                response.assert_status(204)
                account.verified = True

        return self.request(model, "POST", "/v1/auth/verify-email", check, {"token": self.token})


@dataclass(frozen=True)
class SignIn:
    user_index: int
    correct_password: bool = True

    def build_request(self, model: Model) -> ApiRequest:
        user = model.users[self.user_index]
        password = (user.account.password if user.account else PASSWORD) if self.correct_password else WRONG_PASSWORD

        def check(model: Model, response: ApiResponse) -> None:
            user = model.users[self.user_index]
            if user.account is None or user.account.password != password:
                response.assert_status(401, "wrong_credentials")
            else:
                response.assert_status(200)
                start_session(model, user, user.account, response.body)

        return ApiRequest("POST", "/v1/auth/login", check, {"email": user.address, "password": password})


@dataclass(frozen=True)
class SendRefreshToken:
    """Action of a user: refresh a session with its current refresh token or an earlier token."""

    user_index: int
    device: int
    tokens_behind: int

    def build_request(self, model: Model) -> ApiRequest:
        device = model.users[self.user_index].device(self.device, model.now)
        if device is None:
            body = {"refresh_token": "none"}
            return ApiRequest(
                "POST", "/v1/auth/refresh", lambda _, response: response.assert_status(401, "session_ended"), body
            )
        return refresh_request(self.user_index, device, self.tokens_behind)


def refresh_request(user_index: int, device: ModelDevice, tokens_behind: int = 0) -> ApiRequest:
    counter = max(0, max(device.refresh_tokens) - tokens_behind)

    def check(model: Model, response: ApiResponse) -> None:
        account = model.owner(device.session_id)
        if account is None:
            response.assert_status(401, "session_ended")
            return
        session = account.sessions[device.session_id]
        is_grace_reuse = counter == session.counter - 1 and model.now - session.refreshed_at <= REFRESH_GRACE
        if counter != session.counter and not is_grace_reuse:
            response.assert_status(401, "session_ended")
            del account.sessions[device.session_id]
            return
        response.assert_status(200)
        stored_device = model.users[user_index].devices[device.session_id]
        token = response.body["refresh_token"]
        if not is_grace_reuse:
            assert_equal("refresh token is reused", token in stored_device.refresh_tokens.values(), False)
            session.counter, session.refreshed_at = counter + 1, model.now
            stored_device.refresh_tokens[session.counter] = token
        assert_equal("refresh token", token, stored_device.refresh_tokens[session.counter])
        stored_device.access_token, stored_device.issued_at = response.body["access_token"], model.now

    return ApiRequest("POST", "/v1/auth/refresh", check, {"refresh_token": device.refresh_tokens[counter]})


@dataclass(frozen=True)
class SignOut(MemberAction):
    def build_request(self, model: Model) -> ApiRequest:
        device = self.find_device(model)

        def check(_: Model, account: ModelAccount, response: ApiResponse) -> None:
            response.assert_status(204)
            del account.sessions[device.session_id if device else ""]

        return self.request(model, "POST", "/v1/auth/logout", check)


@dataclass(frozen=True)
class EndSessions(MemberAction):
    keep_current: bool

    def build_request(self, model: Model) -> ApiRequest:
        device = self.find_device(model)

        def check(_: Model, account: ModelAccount, response: ApiResponse) -> None:
            response.assert_status(204)
            remaining = {device.session_id} if device and self.keep_current else set()
            account.sessions = {
                session_id: session for session_id, session in account.sessions.items() if session_id in remaining
            }

        return self.request(model, "DELETE", f"/v1/me/sessions?which={'others' if self.keep_current else 'all'}", check)


@dataclass(frozen=True)
class EndSession(MemberAction):
    """Action of a user: end one of their sessions, or try to end a session of another user."""

    owner: int
    owner_device: int

    def build_request(self, model: Model) -> ApiRequest:
        device = model.users[self.owner].device(self.owner_device, model.now)
        session_id = device.session_id if device else UNKNOWN_SESSION_ID

        def check(_: Model, account: ModelAccount, response: ApiResponse) -> None:
            if session_id in account.sessions:
                response.assert_status(204)
                del account.sessions[session_id]
            else:
                response.assert_status(404, "session_not_found")

        return self.request(model, "DELETE", f"/v1/me/sessions/{session_id}", check)


@dataclass(frozen=True)
class ChangePassword(MemberAction):
    correct_password: bool

    def build_request(self, model: Model) -> ApiRequest:
        account = model.users[self.user_index].account
        current_password = account.password if account else PASSWORD
        new_password = NEW_PASSWORD if current_password == PASSWORD else PASSWORD

        def check(model: Model, account: ModelAccount, response: ApiResponse) -> None:
            if not self.correct_password:
                response.assert_status(403, "wrong_password")
                return
            response.assert_status(200)
            account.password = new_password
            account.sessions.clear()
            start_session(model, model.users[self.user_index], account, response.body)

        sent_password = current_password if self.correct_password else WRONG_PASSWORD
        body = {"current_password": sent_password, "new_password": new_password}
        return self.request(model, "PUT", "/v1/me/password", check, body)


@dataclass(frozen=True)
class DecideConsent(MemberAction):
    granted: bool

    def build_request(self, model: Model) -> ApiRequest:
        def check(model: Model, account: ModelAccount, response: ApiResponse) -> None:
            response.assert_status(200)
            if not account.consents or account.consents[-1].granted != self.granted:
                account.consents.append(ModelConsent(self.granted, model.now))
            assert_equal("consent", response.body["granted"], self.granted)
            assert_equal("decided", parse_timestamp(response.body["decided_at"]), account.consents[-1].decided_at)

        return self.request(model, "PUT", HEALTH_CONSENT_PATH, check, {"granted": self.granted, "version": "1"})


@dataclass(frozen=True)
class ChangeName(MemberAction):
    number: int

    def build_request(self, model: Model) -> ApiRequest:
        name = f"{CANARY} {self.number}"

        def check(_: Model, account: ModelAccount, response: ApiResponse) -> None:
            response.assert_status(200)
            account.name = name
            assert_equal("id", response.body["id"], account.id)

        return self.request(model, "PATCH", "/v1/me", check, {"display_name": name})


SESSIONS: st.SearchStrategy[UserAction] = st.one_of(
    st.builds(SignIn, USER_INDEX, st.sampled_from((True, True, True, False))),
    st.builds(SendRefreshToken, USER_INDEX, DEVICE, st.sampled_from((0, 0, 0, 1, 1, 2))),
    st.builds(SignOut, USER_INDEX, DEVICE),
    st.builds(EndSession, USER_INDEX, DEVICE, owner=USER_INDEX, owner_device=DEVICE),
    st.builds(EndSessions, USER_INDEX, DEVICE, keep_current=st.sampled_from((True, True, False))),
)
ACCOUNTS: st.SearchStrategy[UserAction] = st.one_of(
    st.builds(Register, USER_INDEX, st.booleans()),
    st.builds(ChangePassword, USER_INDEX, DEVICE, correct_password=st.booleans()),
    st.builds(DecideConsent, USER_INDEX, DEVICE, granted=st.sampled_from((True, True, False))),
    st.builds(ChangeName, USER_INDEX, DEVICE, number=st.integers(0, 9)),
)
