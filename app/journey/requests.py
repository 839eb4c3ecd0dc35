"""What is sent about runs and their days."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StrictBool, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from app.accounts.fields import TimeZone
from app.accounts.schemas import Body
from app.core.errors import FieldError
from app.core.problems import pointer_of
from app.core.text_fields import LONGEST_SLUG, SLUG, Storable
from app.core.timestamps import LocalDate, Moment, TimeOfDay
from app.journey.rules.schedule import LENGTH, Pace

MOST_CHANGES = 200
MOST_TASKS = 50
MOST_TOLD = 20  # errors of one change
LONGEST_REFLECTION = 10_000

JourneySlug = Annotated[str, Field(pattern=SLUG, max_length=LONGEST_SLUG, examples=["21-days"]), Storable]
TaskId = Annotated[str, Field(pattern=SLUG, max_length=LONGEST_SLUG), Storable]
Tasks = Annotated[
    dict[TaskId, StrictBool],
    Field(
        max_length=MOST_TASKS,
        examples=[{"draw-the-page": True}],
        json_schema_extra={"additionalProperties": False},  # than those whose names have the pattern
    ),
]
Mood = Annotated[int, Field(strict=True, ge=1, le=5, examples=[3])]
Reflection = Annotated[str, Field(max_length=LONGEST_REFLECTION, examples=["I noticed the pull to check."]), Storable]


def left_out() -> Any:
    """For what may be left out, but not be null; `model_fields_set` tells."""


class NewRun(Body):
    """`daily` opens a day each date, `gentle` the next day on the date after you completed the one before."""

    journey: JourneySlug
    time_zone: TimeZone = Field(default_factory=left_out, description="Your profile's unless given.")
    pace: Pace = Field(default=Pace.DAILY)
    starts_on: LocalDate = Field(
        default_factory=left_out,
        description="From today, which it is unless given, to 30 days ahead, in the run's zone.",
        examples=["2026-11-24"],
    )


class RunChange(Body):
    """What is left out stays as it is; a `reminder_time` of null removes it."""

    time_zone: TimeZone = Field(default_factory=left_out)
    status: Literal["active", "paused", "abandoned"] = Field(default_factory=left_out, examples=["paused"])
    reminder_time: TimeOfDay | None = Field(
        default=None, description="By the clocks of the run's zone.", examples=["07:30"]
    )


class DayChange(Body):
    """What is left out stays as it is. Moods are from 1, low, to 5, good; null takes one back."""

    completed: StrictBool = Field(default_factory=left_out)
    tasks: Tasks = Field(default_factory=dict)
    mood_before: Mood | None = None
    mood_after: Mood | None = None
    reflection: Reflection | None = Field(default=None, description="Yours alone; it is kept sealed.")


class OfflineChange(Body):
    """A change of one day. The `change_id` is yours to choose: send the same again when a reply was lost."""

    change_id: UUID = Field(examples=["5f0c7a3e-9b1d-4c7e-8f55-2a6f0e6d9b11"])
    day: Annotated[int, Field(strict=True, ge=1, le=LENGTH, examples=[1])]
    happened_at: Annotated[Moment, Field(description="By the device's clock.")]
    fields: DayChange


@dataclass(frozen=True, slots=True)
class UnusableChange:
    """One that can't be read, but for its id: it is refused alone, and nothing else in the batch is lost."""

    change_id: UUID
    errors: tuple[FieldError, ...]


def _refused_alone(value: Any, read: ValidatorFunctionWrapHandler) -> OfflineChange | UnusableChange:
    try:
        change: OfflineChange = read(value)
    except ValidationError as error:
        try:
            change_id = UUID(value["change_id"])
        except (TypeError, KeyError, ValueError, AttributeError):
            raise error from None
        found = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_TOLD]
        return UnusableChange(change_id, tuple(_field_error(each["loc"], each["msg"]) for each in found))
    return change


def _field_error(place: tuple[int | str, ...], message: str) -> FieldError:
    return FieldError("body", pointer_of(place), message.removeprefix("Value error, "))


class Batch(Body):
    changes: Annotated[
        list[Annotated[OfflineChange, WrapValidator(_refused_alone)]],
        Field(max_length=MOST_CHANGES, description="In any order: they are applied by `happened_at`."),
    ]
