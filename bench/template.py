"""A yardstick: the same work in the manner of the official full-stack template of FastAPI, on PostgreSQL.

A session for each request from a generator dependency, the member loaded by the token's subject, entities with
relationships that load when they are looked at, `session.add`, `commit`, `refresh`, and a response model. Days have
their titles in the database. The rules and the shape of the reply are ours: it is the same work. What ours does
beyond it, it is spared: no look at the session behind a token, no sealed notes, no limits, no logs, no metrics.
"""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from jose import JWTError, jwt
from pydantic import BaseModel
from sqlalchemy import JSON, Column, DateTime, make_url
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine, select

from app.assessments.presenting import SUPPORT
from app.journey.bodies import DayChange
from app.journey.merge import Completion
from app.journey.presenting import standing_of
from app.journey.run_schemas import Dashboard, DayChanged
from app.journey.schedule import Pace, Stretch, Timetable
from app.journey.standing import Run, Standing, standing

SECRET, ALGORITHM = "reference-secret-reference-secret", "HS256"
MOMENT = DateTime(timezone=True)


class User(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str = Field(unique=True, index=True)
    hashed_password: str
    is_active: bool = True
    walks: list["Walk"] = Relationship(back_populates="user")


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
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    walk_id: UUID = Field(foreign_key="walk.id", index=True)
    number: int
    completed_at: datetime | None = Field(default=None, sa_column=Column(MOMENT))
    completed_on: date | None = None
    notes: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON))
    walk: Walk = Relationship(back_populates="days")


class TokenPayload(BaseModel):
    sub: str


url = make_url(os.environ["TWENTYONE_DATABASE_URL"]).set(drivername="postgresql+psycopg")
engine = create_engine(url, pool_size=10)
oauth2 = OAuth2PasswordBearer(tokenUrl="/login/access-token")


def get_db() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_db)]
TokenDep = Annotated[str, Depends(oauth2)]


def get_current_user(session: SessionDep, token: TokenDep) -> User:
    try:
        payload = TokenPayload(**jwt.decode(token, SECRET, algorithms=[ALGORITHM]))
    except JWTError:
        raise HTTPException(403, "Could not validate credentials") from None
    user = session.get(User, UUID(payload.sub))
    if not user or not user.is_active:
        raise HTTPException(404, "User not found")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


def latest_walk(session: Session, user: User) -> Walk:
    walk = session.exec(select(Walk).where(Walk.user_id == user.id).order_by(Walk.started_at.desc())).first()  # type: ignore[attr-defined]
    if not walk:
        raise HTTPException(404, "Not found")
    return walk


def found_standing(walk: Walk, now: datetime) -> Standing:
    completions = {day.number: Completion(day.completed_at, day.completed_on, walk.time_zone) for day in walk.days}
    stretches = (Stretch(walk.started_at.astimezone(UTC), walk.time_zone),)
    return standing(Run(Timetable(walk.starts_on, Pace(walk.pace), stretches), completions), now=now)


def read_dashboard(session: SessionDep, current_user: CurrentUser) -> Any:
    walk = latest_walk(session, current_user)
    found = found_standing(walk, datetime.now(UTC))
    briefs = [
        {**day.model_dump(exclude={"id", "course_id"}), "week": (day.number + 6) // 7} for day in walk.course.days
    ]
    days = [
        {
            **briefs[day.number - 1],
            "status": day.status,
            "scheduled_on": day.scheduled_on,
            "opens_at": day.opens_at,
            "completed_at": day.completion.at,
            "completed_on": day.completion.on,
        }
        for day in found.days
    ]
    unset = dict.fromkeys(("abandoned_at", "paused_at", "reminder_time", "finished"))
    about = {"id": walk.id, "journey": walk.course.slug, "title": walk.course.title, "pace": walk.pace}
    times = {"time_zone": walk.time_zone, "starts_on": walk.starts_on, "started_at": walk.started_at}
    up_next = briefs[found.next_day - 1] if found.next_day else None
    more = {"has_calendar": False, "up_next": up_next, "days": days, "support": SUPPORT}
    return {**standing_of(found), **about, **times, **unset, **more}


def complete_day(session: SessionDep, current_user: CurrentUser, day: int, change: DayChange) -> Any:
    walk, now = latest_walk(session, current_user), datetime.now(UTC)
    if day > (found_standing(walk, now).current_day or 0):
        raise HTTPException(403, "Locked")
    done = session.exec(select(WalkDay).where(WalkDay.walk_id == walk.id, WalkDay.number == day)).first()
    done = done or WalkDay(walk_id=walk.id, number=day)
    if change.completed and done.completed_at is None:
        done.completed_at, done.completed_on = now, now.date()
    session.add(done)
    session.commit()
    session.refresh(done)
    session.refresh(walk)
    found = found_standing(walk, now)
    tasks = {f"task-{n}": bool(done.notes.get(f"task-{n}")) for n in range(3)}
    notes = {name: done.notes.get(name) for name in ("mood_before", "mood_after", "reflection")}
    times = {"completed_at": done.completed_at, "completed_on": done.completed_on}
    shown = {"number": day, "status": found.days[day - 1].status, "progress": {**times, "tasks": tasks, **notes}}
    return {**shown, "run": standing_of(found)}


def create_reference() -> FastAPI:
    app = FastAPI()
    app.get("/v1/me/journeys/current", response_model=Dashboard)(read_dashboard)
    app.patch("/v1/me/journeys/current/days/{day}", response_model=DayChanged)(complete_day)
    return app
