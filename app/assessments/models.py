"""Questionnaires in all their versions, and what members keep of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKeyConstraint, Index
from sqlmodel import Field

from app.core.db.columns import SortedText, UtcDateTime
from app.core.db.table import Table


class Assessment(Table, table=True):
    """A questionnaire; `version` is the one that is asked now."""

    __tablename__ = "assessments"

    slug: str = Field(primary_key=True, sa_type=SortedText)
    version: int
    is_listed: bool


class AssessmentVersion(Table, table=True):
    """What a questionnaire said at some time. A version never changes and never goes; `digest` is its hash."""

    __tablename__ = "assessment_versions"

    slug: str = Field(primary_key=True, foreign_key="assessments.slug", sa_type=SortedText)
    version: int = Field(primary_key=True)
    digest: str
    definition: dict[str, Any] = Field(sa_type=JSON)
    published_at: datetime = Field(sa_type=UtcDateTime)


class Result(Table, table=True):
    """A member's answers and their scores, sealed. `body_hash` is a keyed hash of what was sent first under its id."""

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
    """The id of a result that was deleted: a request that comes late doesn't bring it back."""

    __tablename__ = "deleted_results"

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    id: UUID = Field(primary_key=True)


class Draft(Table, table=True):
    """A member's answers so far, sealed: one draft for each questionnaire."""

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
    """A claim token that was used, without who used it; kept until the token would have expired."""

    __tablename__ = "used_claims"

    id: UUID = Field(primary_key=True)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
