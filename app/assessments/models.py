"""Database tables of questionnaires, results, drafts and used claim tokens."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKeyConstraint, Index
from sqlmodel import Field

from app.core.db.columns import SortedText, UtcDateTime
from app.core.db.table import Table


class Assessment(Table, table=True):
    """A questionnaire. `version` is the number of the current version."""

    __tablename__ = "assessments"

    slug: str = Field(primary_key=True, sa_type=SortedText)
    version: int
    is_listed: bool


class AssessmentVersion(Table, table=True):
    """A version of a questionnaire, which is never changed or deleted. `digest` is the hash of its content."""

    __tablename__ = "assessment_versions"

    slug: str = Field(primary_key=True, foreign_key="assessments.slug", sa_type=SortedText)
    version: int = Field(primary_key=True)
    digest: str
    definition: dict[str, Any] = Field(sa_type=JSON)
    published_at: datetime = Field(sa_type=UtcDateTime)


class Result(Table, table=True):
    """A member's encrypted answers to a questionnaire, with their encrypted scores.

    `body_hash` is a keyed hash of the request that created the result, used to recognize repeated requests.
    """

    __tablename__ = "results"
    __table_args__ = (
        ForeignKeyConstraint(["assessment", "version"], ["assessment_versions.slug", "assessment_versions.version"]),
        Index("ix_results_newest", "member_id", "taken_at", "id"),
        Index("ix_results_newest_of_assessment", "member_id", "assessment", "taken_at", "id"),
    )

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    id: UUID = Field(primary_key=True)
    assessment: str = Field(sa_type=SortedText)
    version: int
    digest: str
    engine: int
    taken_at: datetime = Field(sa_type=UtcDateTime)
    body_hash: bytes
    sealed: bytes


class DeletedResult(Table, table=True):
    """The id of a deleted result, stored so that a delayed request can't create the result again."""

    __tablename__ = "deleted_results"

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    id: UUID = Field(primary_key=True)


class Draft(Table, table=True):
    """A member's encrypted answers to an unfinished questionnaire. Each member has at most one per questionnaire."""

    __tablename__ = "drafts"
    __table_args__ = (
        ForeignKeyConstraint(["assessment", "version"], ["assessment_versions.slug", "assessment_versions.version"]),
    )

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    assessment: str = Field(primary_key=True, sa_type=SortedText)
    version: int
    answered_at: datetime = Field(sa_type=UtcDateTime)
    sealed: bytes


class UsedClaim(Table, table=True):
    """The id of a claim token that was used to save an anonymous result.

    The member who used the token isn't recorded. The id is deleted after the token has expired.
    """

    __tablename__ = "used_claims"

    id: UUID = Field(primary_key=True)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
