"""Base of the random actions: the request that a user sends, and the check of its response.

An action refers to users, devices and ids by small numbers, so that generated actions never depend on the outcome of
concurrent requests. Its request is built immediately before it is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from hypothesis import strategies as st

from trials.machine.model import ACCESS_LIFETIME, SHARED_IDS, ApiResponse, Model, ModelAccount, ModelDevice

# Checks a response against the model, and applies the request to it. Raises Mismatch if the response is wrong.
CheckResponse = Callable[[Model, ApiResponse], None]
CheckMemberResponse = Callable[[Model, ModelAccount, ApiResponse], None]

USER_COUNT = 3
USER_INDEX = st.integers(0, USER_COUNT - 1)
DEVICE = st.sampled_from((0, 0, 0, 1, 1, 2, 5))
ID = st.sampled_from(SHARED_IDS)


@dataclass(frozen=True)
class ApiRequest:
    method: str
    path: str
    check: CheckResponse
    body: Any = None
    token: str | None = None
    if_match: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= {"If-Match": self.if_match} if self.if_match else {}
        return headers


class UserAction(Protocol):
    def build_request(self, model: Model) -> ApiRequest: ...


@dataclass(frozen=True)
class MemberAction:
    """A random action of a user on one of their devices."""

    user_index: int
    device: int

    def find_device(self, model: Model) -> ModelDevice | None:
        return model.users[self.user_index].device(self.device, model.now)

    def request(
        self,
        model: Model,
        method: str,
        path: str,
        check: CheckMemberResponse,
        body: Any = None,
        if_match: str | None = None,
    ) -> ApiRequest:
        """Return an authenticated request. Its check expects 401 if the session has ended."""
        device = self.find_device(model)
        if device is None:
            return ApiRequest(method, path, lambda _, response: response.assert_status(401, "not_signed_in"), body)
        is_token_valid = model.now < device.issued_at + ACCESS_LIFETIME

        def check_response(model: Model, response: ApiResponse) -> None:
            account = model.owner(device.session_id) if is_token_valid else None
            if account is None:
                response.assert_status(401, "not_signed_in")
            else:
                check(model, account, response)

        return ApiRequest(method, path, check_response, body, device.access_token, if_match)
