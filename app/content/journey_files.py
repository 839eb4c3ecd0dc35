"""What the files of seed_content/journey/ may say. docs/content.md explains it to editors."""

from typing import Annotated

from pydantic import Field

from app.core.source_files.fields import Line, Reference, Shape, Slug, Text

WEEKS = 3

Minutes = Annotated[int, Field(ge=1, le=240)]


class Week(Shape):
    title: Line
    description: Line


class JourneyFile(Shape):
    """journey.yaml; `description` and `about_21_days` are Markdown."""

    slug: Slug
    title: Line
    subtitle: Line
    description: Text
    about_21_days: Text
    weeks: Annotated[list[Week], Field(min_length=WEEKS, max_length=WEEKS)]
    assessment: Slug | None = None
    disclaimer: Text
    safety: Text
    finished: Text
    references: list[Reference] = Field(default_factory=list)


class Exercise(Shape):
    title: Line
    minutes: Minutes
    steps: Annotated[list[Line], Field(min_length=1, max_length=20)]


class Task(Shape):
    id: Slug
    text: Line


class Evidence(Shape):
    text: Text
    limit: Text


class DayFront(Shape):
    """The front matter of a day."""

    title: Line
    summary: Line
    minutes: Minutes
    exercise: Exercise
    tasks: Annotated[list[Task], Field(min_length=1, max_length=10)]
    reflection: Text
    if_today_is_hard: Text
    evidence: Evidence
    safety: Text | None = None
    references: Annotated[list[Reference], Field(min_length=1)]
    articles: list[Slug] = Field(default_factory=list)
