"""Tests of the model of concurrent requests: some order of the requests must explain all responses."""

from datetime import UTC, datetime

import pytest

from trials.machine.accounts import SignOut
from trials.machine.actions import UserAction
from trials.machine.model import (
    ApiResponse,
    Mismatch,
    Model,
    ModelAccount,
    ModelConsent,
    ModelDevice,
    ModelSession,
    ModelUser,
)
from trials.machine.possible_states import states_after
from trials.machine.results import ARTICLES, ChangeBookmark

NOW = datetime(2027, 1, 11, 9, tzinfo=UTC)
SAVED = {"saved_at": "2027-01-11T09:00:00Z"}
CREATED, UNCHANGED = ApiResponse(201, SAVED, None), ApiResponse(200, SAVED, None)
SIGNED_OUT = ApiResponse(204, None, None)
NOT_SIGNED_IN = ApiResponse(401, {"code": "not_signed_in"}, None)
SAVE, SIGN_OUT = ChangeBookmark(0, 0, ARTICLES[0], saves=True), SignOut(0, 0)


@pytest.fixture
def model() -> Model:
    """Return a model (in-memory expected state of the service) with one signed-in user."""
    account = ModelAccount(NOW, "a password", [ModelConsent(True, NOW)], sessions={"here": ModelSession(NOW, NOW)})
    return Model(
        [ModelUser("ana@example.org", account, {"here": ModelDevice("here", "access", NOW, {0: "refresh"})})], NOW
    )


def after(model: Model, *exchanges: tuple[UserAction, ApiResponse]) -> list[Model]:
    return states_after([model], [(action.build_request(model), response) for action, response in exchanges])


def test_states_after_concurrent_saves_accept_one_creation(model: Model) -> None:
    [state] = after(model, (SAVE, UNCHANGED), (SAVE, CREATED))

    assert [account.bookmarks for account in state.accounts()] == [{ARTICLES[0]: NOW}]


@pytest.mark.parametrize("response", [CREATED, UNCHANGED])
def test_states_after_two_or_no_creations_raise_mismatch(model: Model, response: ApiResponse) -> None:
    with pytest.raises(Mismatch):
        after(model, (SAVE, response), (SAVE, response))


def test_states_after_sign_out_depend_on_the_order_of_requests(model: Model) -> None:
    [saved_first] = after(model, (SIGN_OUT, SIGNED_OUT), (SAVE, CREATED))
    [saved_too_late] = after(model, (SIGN_OUT, SIGNED_OUT), (SAVE, NOT_SIGNED_IN))

    assert [len(account.bookmarks) for state in (saved_first, saved_too_late) for account in state.accounts()] == [1, 0]


def test_states_after_unexplained_rejection_raise_mismatch(model: Model) -> None:
    with pytest.raises(Mismatch, match="not_signed_in"):
        after(model, (SAVE, NOT_SIGNED_IN))
