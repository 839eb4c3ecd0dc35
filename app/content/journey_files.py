"""Schemas that validate the files in seed_content/journey/. Editors find them explained in docs/content.md."""

from typing import Annotated

from pydantic import Field

from app.core.source_files.fields import ContentModel, Line, ReferenceEntry, Slug, Text

WEEKS = 3

Minutes = Annotated[int, Field(ge=1, le=240)]


class WeekEntry(ContentModel):
    title: Line
    description: Line


class JourneyFile(ContentModel):
    """The file journey.yaml, which describes the journey. `description` and `about_21_days` are Markdown."""

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


class ExerciseEntry(ContentModel):
    title: Line
    minutes: Minutes
    steps: Annotated[list[Line], Field(min_length=1, max_length=20)]


class TaskEntry(ContentModel):
    id: Slug
    text: Line


class EvidenceEntry(ContentModel):
    text: Text
    limit: Text


class DayFront(ContentModel):
    """The front matter (YAML header) of the file for one day of the journey."""

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
