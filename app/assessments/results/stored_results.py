"""A member's results: history, one with all that it says, and what changed from one to another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, func, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from app.accounts.members import unwrapped_key
from app.accounts.models import MemberKey
from app.assessments.models import Result
from app.assessments.questionnaires import Questionnaire
from app.assessments.results.comparison import changes
from app.assessments.serializers import SUPPORT, figures_of, result_of
from app.assessments.services import Tools
from app.core.crypto.encryption import unseal_json
from app.core.db.pagination import Order, Page, PageRequest, page_of
from app.core.errors import BadInput, FieldError, NotFound

NEWEST = Order("newest", (col(Result.taken_at), col(Result.id)), descending=True)


class ResultNotFound(NotFound):
    code = "result_not_found"
    says = "You have no result with this id."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/result_id", self.says))


class NotComparable(BadInput):
    code = "not_comparable"
    says = "Only two results of the same assessment can be compared."

    def __init__(self) -> None:
        super().__init__(FieldError("query", "/since", "This isn't a result of yours of the same assessment."))


class StoredResult(NamedTuple):
    """A row with the key that opens it."""

    member_id: UUID
    id: UUID
    assessment: str
    version: int
    digest: str
    engine: int
    taken_at: datetime
    sealed: bytes
    key_id: str
    wrapped: bytes

    @property
    def place(self) -> str:
        return place_of(self.member_id, self.id)


@dataclass(frozen=True, slots=True)
class OpenedResult:
    questionnaire: Questionnaire
    answers: Mapping[str, int]
    outcome: Mapping[str, Any]
    stamp: Mapping[str, Any]


RESULTS: Select[*tuple[Any, ...]] = select(
    *(col(getattr(Result, name)) for name in StoredResult._fields[:-2]), col(MemberKey.key_id), col(MemberKey.wrapped)
).join(MemberKey, col(MemberKey.member_id) == col(Result.member_id))
MINE = RESULTS.where(col(Result.member_id) == bindparam("member_id"))
THIS = MINE.where(col(Result.id) == bindparam("result_id"))


def _with_the_one_before() -> Select[*tuple[Any, ...]]:
    """A result, and the one of the same assessment before it if there is one, along an index."""
    this = aliased(Result)
    is_this = col(this.member_id) == bindparam("member_id"), col(this.id) == bindparam("result_id")
    same = (col(this.member_id) == col(Result.member_id)) & (col(this.assessment) == col(Result.assessment))
    return (
        MINE.join(this, same)
        .where(*is_this)
        .where(tuple_(col(Result.taken_at), col(Result.id)) <= tuple_(col(this.taken_at), col(this.id)))
        .order_by(col(Result.taken_at).desc(), col(Result.id).desc())
        .limit(2)
    )


THIS_AND_BEFORE = _with_the_one_before()


def place_of(member_id: UUID, result_id: UUID) -> str:
    """What a result's text is bound to."""
    return f"results|{member_id}|{result_id}"


def opened(reading: Session | Connection, tools: Tools, row: StoredResult) -> OpenedResult:
    key = unwrapped_key(tools.ring, row.member_id, row.key_id, row.wrapped)
    kept = unseal_json(key, row.sealed, bound_to=row.place)
    questionnaire = tools.questionnaires.read(reading, row.assessment, row.version, row.digest)
    stamp = {"id": row.id, "version": row.version, "taken_at": row.taken_at}
    return OpenedResult(questionnaire, kept["answers"], kept["outcome"], stamp)


def list_results(
    reads: Connection, tools: Tools, member_id: UUID, page: PageRequest, *, assessment: str | None
) -> Page[dict[str, Any]]:
    """The newest first; all, or those of one assessment."""
    mine = [col(Result.member_id) == member_id]
    if assessment is not None:
        mine.append(col(Result.assessment) == assessment)
    total = reads.scalar(select(func.count()).select_from(Result).where(*mine)) or 0
    found = page_of(reads, RESULTS.where(*mine), page, NEWEST, total=total)
    results = [opened(reads, tools, StoredResult(*row[: len(StoredResult._fields)])) for row in found.items]
    items = [
        {
            **each.stamp,
            **figures_of(each.questionnaire, each.outcome),
            "disclaimer": each.questionnaire.stored["disclaimer"],
            "support": SUPPORT,
        }
        for each in results
    ]
    return Page(items, found.total, found.next)


def read_result(
    reading: Session | Connection, tools: Tools, member_id: UUID, result_id: UUID, *, now: datetime
) -> dict[str, Any]:
    """With what changed since the result before it. Raises ResultNotFound."""
    rows = reading.execute(THIS_AND_BEFORE, {"member_id": member_id, "result_id": result_id}).all()
    if not rows:
        raise ResultNotFound
    result, *before = (opened(reading, tools, StoredResult(*row)) for row in rows)
    return {
        **result_of(reading, result.questionnaire, result.outcome, result.answers, now=now),
        **result.stamp,
        "change": _change(before[0], result) if before else None,
    }


def compare_results(
    reads: Connection, tools: Tools, member_id: UUID, result_id: UUID, *, since: UUID
) -> dict[str, Any]:
    """Raises ResultNotFound and NotComparable."""
    both = RESULTS.where(col(Result.member_id) == member_id, col(Result.id).in_([result_id, since]))
    rows = {row.id: row for row in (StoredResult(*each) for each in reads.execute(both))}
    if result_id not in rows:
        raise ResultNotFound
    if since not in rows or rows[since].assessment != rows[result_id].assessment:
        raise NotComparable
    before, after = opened(reads, tools, rows[since]), opened(reads, tools, rows[result_id])
    return {
        **_change(before, after),
        "assessment": after.questionnaire.slug,
        "result": after.stamp,
        "disclaimer": after.questionnaire.stored["disclaimer"],
        "support": SUPPORT,
    }


def find_result(reads: Connection, tools: Tools, member_id: UUID, result_id: UUID) -> OpenedResult:
    """Raises ResultNotFound."""
    row = reads.execute(THIS, {"member_id": member_id, "result_id": result_id}).first()
    if row is None:
        raise ResultNotFound
    return opened(reads, tools, StoredResult(*row))


def all_results(reading: Session | Connection, tools: Tools, member_id: UUID) -> Iterator[OpenedResult]:
    """The oldest first."""
    mine = RESULTS.where(col(Result.member_id) == member_id).order_by(col(Result.taken_at), col(Result.id))
    for row in reading.execute(mine).all():
        yield opened(reading, tools, StoredResult(*row))


def _change(before: OpenedResult, after: OpenedResult) -> dict[str, Any]:
    found = changes((before.questionnaire, before.outcome), (after.questionnaire, after.outcome))
    return {"since": before.stamp, "scales": list(found)}
