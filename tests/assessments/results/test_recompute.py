"""`twentyone assessments recompute`: every stored result still says the same, or is told."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL
from sqlmodel import Session, col, select
from typer.testing import CliRunner, Result

from app.accounts.members import unwrapped_key
from app.accounts.models import MemberKey
from app.assessments import models
from app.assessments.results.stored_results import place_of
from app.cli import app
from app.core.crypto.encryption import seal_json, unseal_json
from tests.conftest import KEYS, Backend, look
from tests.factories.questionnaires import questionnaire, scale
from tests.factories.results import (
    CHECK_IN,
    Desk,
    agreed,
    keep,
    leaning,
    read,
    serving,
    values,
)
from tests.factories.rows import all_rows
from tests.factories.services import Person, Service

PAGE = 500
OTHER_KEYS = "test-2:Qm5vYxT8eRZ1uWcA7nHd4sLpGfXb9iOyKtQzE3Mq0Jk"


class Kept(NamedTuple):
    member_id: UUID
    id: UUID

    def __str__(self) -> str:
        return f"{self.member_id} {self.id}"


@pytest.fixture
def site(backend: Backend, shipped: URL) -> Iterator[Service]:
    with serving(backend, shipped) as service:
        look(service.app)
        yield service


def recompute(service: Service, *, keys: str = KEYS) -> Result:
    url = service.settings.database.render_as_string(hide_password=False)
    environment = {"TWENTYONE_DATABASE_URL": url, "TWENTYONE_KEYS": keys}
    return CliRunner().invoke(app, ["assessments", "recompute"], env=environment)


def kept_by(person: Person, result_id: str) -> Kept:
    return Kept(UUID(person.ask("GET", "/v1/me").json()["id"]), UUID(result_id))


def results_in(service: Service) -> list[Kept]:
    """In the order of their keys, as the database has it."""
    keys = col(models.Result.member_id), col(models.Result.id)
    with service.database.reads.connect() as reads:
        return [Kept(*row) for row in reads.execute(select(*keys).order_by(*keys))]


def write(service: Service, kept: Kept, sealed: bytes) -> None:
    with service.database.loading() as session:
        session.get_one(models.Result, tuple(kept)).sealed = sealed


def reseal(service: Service, kept: Kept, change: Callable[[Any], Any]) -> None:
    """Alter what a result says, with the member's own key."""
    place = place_of(*kept)
    with service.database.loading() as session:
        key = key_of(service, session, kept.member_id)
        row = session.get_one(models.Result, tuple(kept))
        row.sealed = seal_json(key, change(unseal_json(key, row.sealed, bound_to=place)), bound_to=place)


def key_of(service: Service, session: Session, member_id: UUID) -> bytes:
    stored = session.get_one(MemberKey, member_id)
    return unwrapped_key(service.settings.ring, member_id, stored.key_id, stored.wrapped)


def copy(service: Service, kept: Kept, *, times: int) -> None:
    """As if the same answers had been sent under other ids."""
    with service.database.loading() as session:
        key = key_of(service, session, kept.member_id)
        row = session.get_one(models.Result, tuple(kept)).model_dump()
        said = unseal_json(key, row["sealed"], bound_to=place_of(*kept))
        for other in (uuid4() for _ in range(times)):
            sealed = seal_json(key, said, bound_to=place_of(kept.member_id, other))
            session.add(models.Result(**row | {"id": other, "sealed": sealed}))


def by_a_last_digit(kept: Any) -> Any:
    kept["outcome"]["scores"][0]["value"] += 1e-15
    return kept


def test_results_that_were_kept_over_http_come_to_the_same(site: Service) -> None:
    for person in (agreed(site), agreed(site)):
        keep(person)
        keep(person, leaning(2, 5))
        keep(person, {question: 3 for question in leaning(1, 1) if question not in {"q01", "q02"}})
        keep(person, {f"q{n:02}": 1 + n % 3 for n in range(1, 9)}, CHECK_IN)

    result = recompute(site)

    assert (result.exit_code, result.stdout, result.stderr) == (0, "8 results, 8 the same to the last digit.\n", "")


def test_without_results_there_is_nothing_to_say(site: Service) -> None:
    result = recompute(site)

    assert (result.exit_code, result.stdout) == (0, "0 results, 0 the same to the last digit.\n")


@pytest.mark.parametrize(
    "change",
    [
        by_a_last_digit,
        lambda kept: kept | {"answers": kept["answers"] | {"q01": 4}},
        lambda kept: kept | {"outcome": kept["outcome"] | {"style": None}},
    ],
    ids=["a last digit", "an answer", "the style"],
)
def test_a_result_that_says_something_else_is_told_without_what_it_says(
    site: Service, change: Callable[[Any], Any]
) -> None:
    person = agreed(site)
    altered = kept_by(person, keep(person, leaning(1, 1)))
    keep(person, leaning(6, 3))
    reseal(site, altered, change)

    result = recompute(site)

    assert result.exit_code == 1
    assert result.stdout == f"{altered}: other figures (engine 1)\n2 results, 1 the same to the last digit.\n"
    assert result.stderr == ""


def test_results_that_can_not_be_opened_are_told_and_the_others_are_looked_at(site: Service) -> None:
    people = [agreed(site) for _ in range(4)]
    flipped, cut, moved, good = sorted(kept_by(person, keep(person)) for person in people)
    with site.database.reads.connect() as reads:
        sealed = dict(reads.execute(select(col(models.Result.id), col(models.Result.sealed))).all())
    write(site, flipped, sealed[flipped.id][:-1] + bytes([sealed[flipped.id][-1] ^ 1]))
    write(site, cut, b"")
    write(site, moved, sealed[good.id])

    result = recompute(site)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{flipped}: unreadable (engine 1)",
        f"{cut}: unreadable (engine 1)",
        f"{moved}: unreadable (engine 1)",
        "4 results, 1 the same to the last digit.",
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: {"outcome": kept["outcome"]},
        lambda kept: kept | {"answers": kept["answers"] | {"q01": 99}},
        lambda kept: kept | {"answers": dict.fromkeys(kept["answers"], "4")},
    ],
    ids=["no answers", "an answer that isn't possible", "answers that are texts"],
)
def test_a_result_that_opens_but_can_not_be_scored_is_told_and_the_others_are_looked_at(
    site: Service, change: Callable[[Any], Any]
) -> None:
    """As an engine with a fault might have stored it."""
    first, _ = sorted(kept_by(person, keep(person)) for person in (agreed(site), agreed(site)))
    reseal(site, first, change)

    result = recompute(site)

    assert isinstance(result.exception, SystemExit)
    told, count = result.stdout.splitlines()
    assert (result.exit_code, told.partition(":")[0]) == (1, str(first))
    assert count == "2 results, 1 the same to the last digit."


def test_a_key_that_is_broken_or_under_a_secret_that_is_gone_is_told(site: Service) -> None:
    broken, good = (kept_by(person, keep(person)) for person in (agreed(site), agreed(site)))
    with site.database.loading() as session:
        session.get_one(MemberKey, broken.member_id).wrapped = b"\x01" * 61

    one, none = recompute(site), recompute(site, keys=OTHER_KEYS)

    assert (one.exit_code, none.exit_code) == (1, 1)
    assert one.stdout == f"{broken}: unreadable (engine 1)\n2 results, 1 the same to the last digit.\n"
    assert none.stdout.splitlines() == [
        *(f"{each}: unreadable (engine 1)" for each in sorted((broken, good))),
        "2 results, 0 the same to the last digit.",
    ]


def test_all_are_looked_at_however_many(site: Service) -> None:
    """On three pages, of which a member's results begin on one and end on another."""
    people = [agreed(site) for _ in range(3)]
    for person in people:
        copy(site, kept_by(person, keep(person)), times=PAGE * 2 // 3)
    keep(people[0])
    altered = [results_in(site)[place] for place in (0, PAGE - 1, PAGE, 2 * PAGE - 1, 2 * PAGE, 2 * PAGE + 2)]
    for each in altered:
        reseal(site, each, by_a_last_digit)

    result = recompute(site)

    assert result.stdout.splitlines() == [
        *(f"{each}: other figures (engine 1)" for each in altered),
        "1003 results, 997 the same to the last digit.",
    ]


def test_nothing_is_written(site: Service) -> None:
    person = agreed(site)
    keep(person)
    reseal(site, kept_by(person, keep(person, leaning(2, 5))), by_a_last_digit)
    before = all_rows(site.database)

    assert recompute(site).exit_code == 1

    assert all_rows(site.database) == before


def test_each_result_is_scored_as_the_version_that_was_answered(
    backend: Backend, furnished: URL, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Of the same answers the second version makes 4 instead of 2."""
    with serving(backend, furnished) as service:
        desk, person, answers = Desk.of(service, tmp_path_factory.mktemp("desk")), agreed(service), {"q01": 3, "q02": 1}
        desk.publish("renewed", questionnaire([scale("across", ["q01", "q02"])]))
        first = keep(person, answers, "renewed", 1)
        desk.publish("renewed", questionnaire([scale("across", ["q01", "q02"], "sum")]))
        second = keep(person, answers, "renewed", 2)
        desk.unpublish("renewed")

        result = recompute(service)

        assert [values(read(person, each)) for each in (first, second)] == [{"across": 2}, {"across": 4}]
        assert (result.exit_code, result.stdout) == (0, "2 results, 2 the same to the last digit.\n")
