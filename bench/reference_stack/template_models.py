"""Database models of the reference stack, a comparison server, with lazily loaded relationships.

The class names differ from those in app/, because all models share one registry.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, DateTime
from sqlmodel import Field, Relationship, SQLModel

MOMENT = DateTime(timezone=True)


class User(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str = Field(unique=True, index=True)
    hashed_password: str
    is_active: bool = True
    walks: list["Walk"] = Relationship(back_populates="user")


class RefreshSession(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(foreign_key="user.id", index=True)
    counter: int = 0
    user: User = Relationship()


class Course(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    slug: str = Field(index=True)
    title: str
    days: list["CourseDay"] = Relationship(sa_relationship_kwargs={"order_by": "CourseDay.number"})


class CourseDay(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    course_id: UUID = Field(foreign_key="course.id", index=True)
    number: int
    title: str
    summary: str
    minutes: int


class Walk(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(foreign_key="user.id", index=True)
    course_id: UUID = Field(foreign_key="course.id")
    time_zone: str
    pace: str
    starts_on: date
    started_at: datetime = Field(sa_column=Column(MOMENT))
    user: User = Relationship(back_populates="walks")
    course: Course = Relationship()
    days: list["WalkDay"] = Relationship(back_populates="walk")


class WalkDay(SQLModel, table=True):
    """A day of a run (enrolment in a journey). `notes` contains values by name, each with its timestamp."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    walk_id: UUID = Field(foreign_key="walk.id", index=True)
    number: int
    completed_at: datetime | None = Field(default=None, sa_column=Column(MOMENT))
    completed_on: date | None = None
    notes: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON))
    walk: Walk = Relationship(back_populates="days")


class Survey(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    slug: str = Field(index=True)
    version: int
    published_at: datetime = Field(sa_column=Column(MOMENT))
    definition: dict[str, Any] = Field(sa_column=Column(JSON))


class SurveyResult(SQLModel, table=True):
    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="user.id", index=True)
    survey_id: UUID = Field(foreign_key="survey.id", index=True)
    taken_at: datetime = Field(sa_column=Column(MOMENT))
    answers: dict[str, int] = Field(sa_column=Column(JSON))
    outcome: dict[str, Any] = Field(sa_column=Column(JSON))
    survey: Survey = Relationship()


class Shelf(SQLModel, table=True):
    """A category of articles."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    slug: str = Field(unique=True)
    name: str


class Writer(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    slug: str = Field(unique=True)
    name: str
    role: str
    initial: str

    @property
    def avatar(self) -> dict[str, str | None]:
        return {"initial": self.initial, "url": None}


class PostTag(SQLModel, table=True):
    post_id: UUID = Field(foreign_key="post.id", primary_key=True)
    tag_id: UUID = Field(foreign_key="tag.id", primary_key=True)


class Tag(SQLModel, table=True):
    """A topic of articles."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    slug: str = Field(unique=True)
    name: str


class Post(SQLModel, table=True):
    """An article. Its attributes have the names of the fields in the API's response."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    slug: str = Field(unique=True)
    title: str
    excerpt: str
    published_on: date
    updated_at: datetime = Field(sa_column=Column(MOMENT))
    reading_minutes: int
    word_count: int
    category_id: UUID = Field(foreign_key="shelf.id", index=True)
    author_id: UUID = Field(foreign_key="writer.id", index=True)
    category: Shelf = Relationship()
    author: Writer = Relationship()
    topics: list[Tag] = Relationship(link_model=PostTag)
    text: "PostText" = Relationship(sa_relationship_kwargs={"uselist": False})

    @property
    def highlights(self) -> list[Any]:
        return []


class PostText(SQLModel, table=True):
    """The columns of an article that only its own page needs."""

    post_id: UUID = Field(foreign_key="post.id", primary_key=True)
    blocks: list[dict[str, Any]] = Field(sa_column=Column(JSON))
    contents: list[dict[str, Any]] = Field(sa_column=Column(JSON))
    references: list[dict[str, Any]] = Field(sa_column=Column(JSON))
    call_to_action: dict[str, str] = Field(sa_column=Column(JSON))
    seo: dict[str, Any] = Field(sa_column=Column(JSON))
