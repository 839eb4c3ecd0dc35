"""Tests for `twentyone assessments recompute`, which scores stored answers again and reports differences."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL
from sqlmodel import Session, col, select
from typer.testing import CliRunner, Result

from app.accounts.members import unwrap_key
from app.accounts.models import MemberKey
from app.assessments import models
from app.assessments.results.stored_results import result_associated_data
from app.cli import app
from app.core.crypto.encryption import decrypt_json, encrypt_json
from tests.conftest import TEST_KEYS, Backend
from tests.factories.questionnaires import questionnaire, scale
from tests.factories.results import (
    CHECK_IN,
    TOO_FEW_ANXIETY_ANSWERS,
    QuestionnaireEditor,
    consenting_member,
    read_result,
    running_service,
    save_result,
    scale_values,
)
from tests.factories.rows import all_rows
from tests.factories.services import MemberClient, Service

BATCH_SIZE = 500
OTHER_KEYS = "test-2:Qm5vYxT8eRZ1uWcA7nHd4sLpGfXb9iOyKtQzE3Mq0Jk"


class ResultKey(NamedTuple):
    member_id: UUID
    id: UUID

    def __str__(self) -> str:
        return f"{self.member_id} {self.id}"


@pytest.fixture
def site(backend: Backend, shipped_template: URL) -> Iterator[Service]:
    with running_service(backend, shipped_template) as service:
        yield service


def recompute(service: Service, *, keys: str = TEST_KEYS) -> Result:
    url = service.settings.database.render_as_string(hide_password=False)
    environment = {"TWENTYONE_DATABASE_URL": url, "TWENTYONE_KEYS": keys}
    return CliRunner().invoke(app, ["assessments", "recompute"], env=environment)


def key_of_result(member: MemberClient, result_id: str) -> ResultKey:
    return ResultKey(UUID(member.request("GET", "/v1/me").json()["id"]), UUID(result_id))


def result_keys(service: Service) -> list[ResultKey]:
    """Return the primary keys of all results in database order."""
    keys = col(models.Result.member_id), col(models.Result.id)
    with service.database.reads.connect() as reads:
        return [ResultKey(*row) for row in reads.execute(select(*keys).order_by(*keys))]


def overwrite_encrypted(service: Service, result_key: ResultKey, encrypted: bytes) -> None:
    with service.database.content_load() as session:
        session.get_one(models.Result, tuple(result_key)).sealed = encrypted


def alter_result(service: Service, result_key: ResultKey, change: Callable[[Any], Any]) -> None:
    """Decrypt a result, change its content, and encrypt it again with the member's key."""
    associated_data = result_associated_data(*result_key)
    with service.database.content_load() as session:
        key = member_key(service, session, result_key.member_id)
        row = session.get_one(models.Result, tuple(result_key))
        content = decrypt_json(key, row.sealed, associated_data=associated_data)
        row.sealed = encrypt_json(key, change(content), associated_data=associated_data)


def member_key(service: Service, session: Session, member_id: UUID) -> bytes:
    stored = session.get_one(MemberKey, member_id)
    return unwrap_key(service.settings.ring, member_id, stored.key_id, stored.wrapped)


def copy_result(service: Service, result_key: ResultKey, *, times: int) -> None:
    """Store copies of a result under new ids."""
    with service.database.content_load() as session:
        key = member_key(service, session, result_key.member_id)
        row = session.get_one(models.Result, tuple(result_key)).model_dump()
        content = decrypt_json(key, row["sealed"], associated_data=result_associated_data(*result_key))
        for copied_id in (uuid4() for _ in range(times)):
            encrypted = encrypt_json(
                key, content, associated_data=result_associated_data(result_key.member_id, copied_id)
            )
            session.add(models.Result(**row | {"id": copied_id, "sealed": encrypted}))


def change_last_digit(content: Any) -> Any:
    content["outcome"]["scores"][0]["value"] += 1e-15
    return content


def test_recompute_of_unchanged_results_reports_same(site: Service) -> None:
    assert recompute(site).stdout == "0 results, 0 identical.\n"
    for member in (consenting_member(site), consenting_member(site)):
        save_result(member)
        save_result(member, TOO_FEW_ANXIETY_ANSWERS)
        save_result(member, {f"q{n:02}": 1 + n % 3 for n in range(1, 9)}, CHECK_IN)

    result = recompute(site)

    assert (result.exit_code, result.stdout, result.stderr) == (0, "6 results, 6 identical.\n", "")


def test_recompute_reports_different_results_without_content_and_writes_nothing(site: Service) -> None:
    save_result(consenting_member(site))
    altered = []
    for change in (
        change_last_digit,
        lambda content: content | {"answers": content["answers"] | {"q01": 4}},
        lambda content: content | {"outcome": content["outcome"] | {"style": None}},
    ):
        member = consenting_member(site)
        altered.append(key_of_result(member, save_result(member)))
        alter_result(site, altered[-1], change)
    before = all_rows(site.database)

    result = recompute(site)

    lines = [f"{result_key}: different scores (engine 1)\n" for result_key in sorted(altered)]
    assert result.stdout == "".join([*lines, "4 results, 1 identical.\n"])
    assert (result.exit_code, result.stderr) == (1, "")
    assert all_rows(site.database) == before


def test_recompute_reports_undecryptable_results_and_continues(site: Service) -> None:
    members = [consenting_member(site) for _ in range(4)]
    flipped, emptied, swapped, intact = sorted(key_of_result(member, save_result(member)) for member in members)
    with site.database.reads.connect() as reads:
        encrypted = dict(reads.execute(select(col(models.Result.id), col(models.Result.sealed))).all())
    overwrite_encrypted(site, flipped, encrypted[flipped.id][:-1] + bytes([encrypted[flipped.id][-1] ^ 1]))
    overwrite_encrypted(site, emptied, b"")
    overwrite_encrypted(site, swapped, encrypted[intact.id])

    result = recompute(site)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        *(f"{result_key}: unreadable (engine 1)" for result_key in (flipped, emptied, swapped)),
        "4 results, 1 identical.",
    ]


def test_recompute_reports_unscorable_results_and_continues(site: Service) -> None:
    members = [consenting_member(site) for _ in range(4)]
    *unscorable, _ = sorted(key_of_result(member, save_result(member)) for member in members)
    alter_result(site, unscorable[0], lambda content: {"outcome": content["outcome"]})
    alter_result(site, unscorable[1], lambda content: content | {"answers": content["answers"] | {"q01": 99}})
    alter_result(site, unscorable[2], lambda content: content | {"answers": dict.fromkeys(content["answers"], "4")})

    result = recompute(site)

    assert isinstance(result.exception, SystemExit)
    *error_lines, summary = result.stdout.splitlines()
    assert [line.partition(":")[0] for line in error_lines] == list(map(str, unscorable))
    assert (result.exit_code, summary) == (1, "4 results, 1 identical.")


def test_recompute_reports_results_with_invalid_or_missing_key(site: Service) -> None:
    members = [consenting_member(site) for _ in range(2)]
    broken, intact = (key_of_result(member, save_result(member)) for member in members)
    with site.database.content_load() as session:
        session.get_one(MemberKey, broken.member_id).wrapped = b"\x01" * 61

    result, result_without_key = recompute(site), recompute(site, keys=OTHER_KEYS)

    assert (result.exit_code, result_without_key.exit_code) == (1, 1)
    assert result.stdout == f"{broken}: unreadable (engine 1)\n2 results, 1 identical.\n"
    assert result_without_key.stdout.splitlines() == [
        *(f"{result_key}: unreadable (engine 1)" for result_key in sorted((broken, intact))),
        "2 results, 0 identical.",
    ]


def test_recompute_checks_all_batches(site: Service) -> None:
    """Check three batches of results. The results of one member are in two of them."""
    members = [consenting_member(site) for _ in range(3)]
    for member in members:
        copy_result(site, key_of_result(member, save_result(member)), times=BATCH_SIZE * 2 // 3)
    save_result(members[0])
    altered = [
        result_keys(site)[position]
        for position in (0, BATCH_SIZE - 1, BATCH_SIZE, 2 * BATCH_SIZE - 1, 2 * BATCH_SIZE, 2 * BATCH_SIZE + 2)
    ]
    for result_key in altered:
        alter_result(site, result_key, change_last_digit)

    result = recompute(site)

    assert result.stdout.splitlines() == [
        *(f"{result_key}: different scores (engine 1)" for result_key in altered),
        "1003 results, 997 identical.",
    ]


def test_recompute_uses_answered_version(editor: QuestionnaireEditor) -> None:
    member, answers = consenting_member(editor.service), {"q01": 3, "q02": 1}
    editor.publish("renewed", questionnaire([scale("across", ["q01", "q02"])]))
    first = save_result(member, answers, "renewed", 1)
    editor.publish("renewed", questionnaire([scale("across", ["q01", "q02"], "sum")]))
    second = save_result(member, answers, "renewed", 2)
    editor.unpublish("renewed")

    result = recompute(editor.service)

    assert [scale_values(read_result(member, id_)) for id_ in (first, second)] == [{"across": 2}, {"across": 4}]
    assert (result.exit_code, result.stdout) == (0, "2 results, 2 identical.\n")
