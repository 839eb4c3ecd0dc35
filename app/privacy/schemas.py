from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.accounts.credentials.passwords import Password
from app.accounts.schemas import STEP_UP, MemberRead, RequestBody, SessionDetails
from app.assessments.results.schemas import ScaleScoreRead, StyleRead
from app.journey.rules.progress import Status
from app.journey.rules.schedule import Pace


class PasswordConfirmation(RequestBody):
    password: Password | None = Field(default=None, description=f"The member's current password. {STEP_UP}")


@dataclass(kw_only=True)
class ExportedConsent:
    """A decision to grant or withdraw consent. For each purpose, only the latest decision applies."""

    purpose: Annotated[str, Field(examples=["health_data"])]
    granted: bool
    version: Annotated[str, Field(examples=["1"])]
    decided_at: datetime


@dataclass(kw_only=True)
class ExportedLink:
    """A link that was sent by email and has not been used yet."""

    purpose: Annotated[str, Field(examples=["move"])]
    address: Annotated[
        str | None,
        Field(
            description="The new address of the account if this link is used. Null if the link changes no address.",
            examples=["ana.new@example.org"],
        ),
    ]
    expires_at: datetime


@dataclass(kw_only=True)
class ExportedMail:
    """An email to the member. Its text is not included, because the text is deleted as soon as the email is sent."""

    kind: Annotated[str, Field(examples=["confirm_address"])]
    written_at: datetime
    sent_at: datetime | None
    given_up_at: datetime | None


@dataclass(kw_only=True)
class ExportedEvent:
    event: Annotated[str, Field(examples=["signed_in"])]
    session_id: Annotated[UUID | None, Field(examples=["0b9f0f0e-52cf-4f43-9a0e-1a2b3c4d5e6f"])]
    happened_at: datetime


@dataclass(kw_only=True)
class ExportedResult:
    """An assessment result with its answers. `/v1/assessments/{slug}?version=` returns the questions."""

    id: Annotated[UUID, Field(examples=["3b1f8c62-6f0e-4a57-9c0e-0d8f3f2b7c11"])]
    taken_at: datetime
    assessment: Annotated[str, Field(examples=["attachment-reflection"])]
    version: int
    title: Annotated[str, Field(examples=["Attachment reflection"])]
    answers: Annotated[dict[str, int], Field(examples=[{"q01": 3}])]
    scores: list[ScaleScoreRead]
    style: StyleRead | None


@dataclass(kw_only=True)
class ExportedDraft:
    """The answers of an assessment that is not finished yet."""

    assessment: Annotated[str, Field(examples=["attachment-reflection"])]
    version: int
    answered_at: datetime
    answers: Annotated[dict[str, int], Field(examples=[{"q01": 3}])]


@dataclass(kw_only=True)
class ExportedDay:
    """A day of the journey that has notes or was completed, even if the completion was undone."""

    day: Annotated[int, Field(examples=[1])]
    completed_at: datetime | None
    completed_on: date | None
    time_zone: Annotated[str | None, Field(description="The time zone of the completion.", examples=["Europe/Dublin"])]
    undone_at: Annotated[datetime | None, Field(description="When the completion was last undone.")]
    tasks: Annotated[dict[str, bool], Field(examples=[{"draw-the-page": True}])]
    mood_before: Annotated[int | None, Field(examples=[2])]
    mood_after: Annotated[int | None, Field(examples=[3])]
    reflection: Annotated[str | None, Field(examples=["I noticed the pull to check."])]
    earlier_reflection: Annotated[
        str | None,
        Field(description="Last replaced by another device.", examples=["I noticed something."]),
    ]
    noted_at: Annotated[dict[str, datetime], Field(description="When each field was last changed.", examples=[{}])]


@dataclass(kw_only=True)
class ExportedPeriod:
    since: datetime
    time_zone: Annotated[str, Field(examples=["Europe/Dublin"])]
    paused: bool


@dataclass(kw_only=True)
class ExportedRun:
    id: Annotated[UUID, Field(examples=["9d2f6f0e-1c55-4a57-9a2e-0d8f3f2b7c11"])]
    journey: Annotated[str, Field(examples=["21-days"])]
    status: Status
    pace: Pace
    starts_on: date
    started_at: datetime
    abandoned_at: datetime | None
    reminder_time: Annotated[str | None, Field(examples=["07:30"])]
    calendar_made_at: Annotated[datetime | None, Field(description="The calendar's secret address isn't exported.")]
    stretches: Annotated[list[ExportedPeriod], Field(description="Periods with the same time zone and pause state.")]
    opened_at: Annotated[list[datetime], Field(description="The times at which day 1, 2 and so on opened.")]
    days: list[ExportedDay]


@dataclass(kw_only=True)
class ExportedBookmark:
    article: Annotated[str, Field(examples=["attachment-is-two-dials-not-four-boxes"])]
    saved_at: datetime


@dataclass(kw_only=True)
class Export:
    """All data that is stored about a member."""

    made_at: datetime
    account: MemberRead
    sessions: list[SessionDetails]
    consents: list[ExportedConsent]
    links: list[ExportedLink]
    mails: list[ExportedMail]
    security_events: list[ExportedEvent]
    results: list[ExportedResult]
    drafts: list[ExportedDraft]
    runs: list[ExportedRun]
    bookmarks: list[ExportedBookmark]
