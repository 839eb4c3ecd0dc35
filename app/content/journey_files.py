"""What the files of seed_content/journey/ may say. docs/content.md explains it to editors."""

from typing import Annotated

from pydantic import Field

from app.core.source_files.fields import Line, ReferenceEntry, Shape, Slug, Text

WEEKS = 3

Minutes = Annotated[int, Field(ge=1, le=240)]


class WeekEntry(Shape):
    title: Line
    description: Line


class JourneyFile(Shape):
    """journey.yaml; `description` and `about_21_days` are Markdown."""

    slug: Slug
    title: Line
    subtitle: Line
    description: Text
    about_21_days: Text
    weeks: Annotated[list[WeekEntry], Field(min_length=WEEKS, max_length=WEEKS)]
    assessment: Slug | None = None
    disclaimer: Text
    safety: Text
    finished: Text
    references: list[ReferenceEntry] = Field(default_factory=list)


class ExerciseEntry(Shape):
    title: Line
    minutes: Minutes
    steps: Annotated[list[Line], Field(min_length=1, max_length=20)]


class TaskEntry(Shape):
    id: Slug
    text: Line


class EvidenceEntry(Shape):
    text: Text
    limit: Text


class DayFront(Shape):
    """The front matter of a day."""

    title: Line
    summary: Line
    minutes: Minutes
    exercise: ExerciseEntry
    tasks: Annotated[list[TaskEntry], Field(min_length=1, max_length=10)]
    reflection: Text
    if_today_is_hard: Text
    evidence: EvidenceEntry
    safety: Text | None = None
    references: Annotated[list[ReferenceEntry], Field(min_length=1)]
    articles: list[Slug] = Field(default_factory=list)
