"""Answers to those who asked at once are judged as if they had taken turns, in whichever order that explains them."""

from datetime import UTC, datetime

import pytest

from trials.machine.accounts import SignOut
from trials.machine.model import Account, Decision, Device, Differs, Model, Person, Reply, Session
from trials.machine.questions import Act
from trials.machine.results import ARTICLES, Bookmark
from trials.machine.worlds import worlds_after

NOW = datetime(2027, 1, 11, 9, tzinfo=UTC)
SAVED = {"saved_at": "2027-01-11T09:00:00Z"}
KEPT, KEPT_AGAIN = Reply(201, SAVED, None), Reply(200, SAVED, None)
SIGNED_OUT = Reply(204, None, None)
REFUSED = Reply(401, {"code": "not_signed_in"}, None)
KEEP, SIGN_OUT = Bookmark(0, 0, ARTICLES[0], keeps=True), SignOut(0, 0)


@pytest.fixture
def model() -> Model:
    """Of somebody who is signed in."""
    account = Account(NOW, "a password", [Decision(True, NOW)], sessions={"here": Session(NOW, NOW)})
    return Model([Person("ana@example.org", account, {"here": Device("here", "access", NOW, {0: "refresh"})})], NOW)


def after(model: Model, *asked: tuple[Act, Reply]) -> list[Model]:
    return worlds_after([model], [(act.question(model), reply) for act, reply in asked])


def test_of_two_who_keep_the_same_one_is_first(model: Model) -> None:
    [world] = after(model, (KEEP, KEPT_AGAIN), (KEEP, KEPT))

    assert [account.bookmarks for account in world.accounts()] == [{ARTICLES[0]: NOW}]


@pytest.mark.parametrize("reply", [KEPT, KEPT_AGAIN])
def test_neither_both_nor_none_of_two_are_first(model: Model, reply: Reply) -> None:
    with pytest.raises(Differs):
        after(model, (KEEP, reply), (KEEP, reply))


def test_an_answer_tells_whether_it_came_before_another(model: Model) -> None:
    [before] = after(model, (SIGN_OUT, SIGNED_OUT), (KEEP, KEPT))
    [too_late] = after(model, (SIGN_OUT, SIGNED_OUT), (KEEP, REFUSED))

    assert [len(account.bookmarks) for world in (before, too_late) for account in world.accounts()] == [1, 0]


def test_who_is_refused_without_a_reason_differs(model: Model) -> None:
    with pytest.raises(Differs, match="not_signed_in"):
        after(model, (KEEP, REFUSED))
