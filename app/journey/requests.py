"""Request schemas for starting a journey, and for changing a run or one of its days."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StrictBool, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from app.accounts.fields import TimeZone
from app.accounts.schemas import RequestBody
from app.core.errors import FieldError
from app.core.problems import json_pointer
from app.core.text_fields import MAX_SLUG_LENGTH, SLUG, Storable
from app.core.timestamps import LocalDate, TimeOfDay, Timestamp
from app.journey.rules.schedule import LENGTH, Pace

MAX_CHANGES = 200
MAX_TASKS = 50
MAX_REPORTED_ERRORS = 20  # per change
MAX_REFLECTION_LENGTH = 10_000

JourneySlug = Annotated[str, Field(pattern=SLUG, max_length=MAX_SLUG_LENGTH, examples=["21-days"]), Storable]
TaskId = Annotated[str, Field(pattern=SLUG, max_length=MAX_SLUG_LENGTH), Storable]
Tasks = Annotated[
    dict[TaskId, StrictBool],
    Field(
        max_length=MAX_TASKS,
        examples=[{"draw-the-page": True}],
        json_schema_extra={"additionalProperties": False},  # names must match the pattern of `TaskId`
    ),
]
Mood = Annotated[int, Field(strict=True, ge=1, le=5, examples=[3])]
Reflection = Annotated[
    str, Field(max_length=MAX_REFLECTION_LENGTH, examples=["I noticed the pull to check."]), Storable
]


def omitted() -> Any:
    """Return the default of a field that can be omitted but not set to null.

    The default is None. Check `model_fields_set` to see whether the client sent the field.
    """


class NewRun(RequestBody):
    """A new run through a journey. With the pace `daily`, one day unlocks on each date. With `gentle`, a day unlocks on
    the date after you complete the previous day.
    """

    journey: JourneySlug
    time_zone: TimeZone = Field(default_factory=omitted, description="Defaults to the time zone of your profile.")
    pace: Pace = Field(default=Pace.DAILY)
    starts_on: LocalDate = Field(
        default_factory=omitted,
        description="A date from today, the default, to 30 days ahead, in the run's time zone.",
        examples=["2026-11-24"],
    )


class RunChange(RequestBody):
    """Changes to a run. Omitted fields stay unchanged. Set `reminder_time` to null to remove the reminder."""

    time_zone: TimeZone = Field(default_factory=omitted)
    status: Literal["active", "paused", "abandoned"] = Field(default_factory=omitted, examples=["paused"])
    reminder_time: TimeOfDay | None = Field(
        default=None, description="Local time in the run's time zone.", examples=["07:30"]
    )


class DayChange(RequestBody):
    """Changes to your progress on a day. Omitted fields stay unchanged. Moods range from 1 (low) to 5 (good). Set a
    mood to null to remove it.
    """

    completed: StrictBool = Field(default_factory=omitted)
    tasks: Tasks = Field(default_factory=dict)
    mood_before: Mood | None = None
    mood_after: Mood | None = None
    reflection: Reflection | None = Field(default=None, description="Stored encrypted. Null removes it.")


class OfflineChange(RequestBody):
    """A change to one day that was made offline. Generate a `change_id` for each change, and send the same id again
    when you retry the change.
    """

    change_id: UUID = Field(examples=["5f0c7a3e-9b1d-4c7e-8f55-2a6f0e6d9b11"])
    day: Annotated[int, Field(strict=True, ge=1, le=LENGTH, examples=[1])]
    happened_at: Annotated[Timestamp, Field(description="The time of the change by the device's clock.")]
    fields: DayChange


@dataclass(frozen=True, slots=True)
class InvalidChange:
    """An offline change that failed validation.

    Its id is valid, so the server can reject this change and still merge the rest of the batch.
    """

    change_id: UUID
    errors: tuple[FieldError, ...]


def _validate_separately(value: Any, validate: ValidatorFunctionWrapHandler) -> OfflineChange | InvalidChange:
    try:
        change: OfflineChange = validate(value)
    except ValidationError as error:
        try:
            change_id = UUID(value["change_id"])
        except (TypeError, KeyError, ValueError, AttributeError):
            raise error from None
        details = error.errors(include_url=False, include_context=False, include_input=False)[:MAX_REPORTED_ERRORS]
        return InvalidChange(change_id, tuple(_field_error(detail["loc"], detail["msg"]) for detail in details))
    return change


def _field_error(location: tuple[int | str, ...], message: str) -> FieldError:
    return FieldError("body", json_pointer(location), message.removeprefix("Value error, "))


class ChangeBatch(RequestBody):
    changes: Annotated[
        list[Annotated[OfflineChange, WrapValidator(_validate_separately)]],
        Field(max_length=MAX_CHANGES, description="Changes in any order. They are applied by `happened_at`."),
    ]
