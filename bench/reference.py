"""The reference stack (bench/template.py): serves it as `twentyone serve` serves ours, and fills its database."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from jose import jwt
from sqlmodel import Session, SQLModel

from app.journey.schedule import LENGTH
from bench.instead import serve_instead
from bench.template import ALGORITHM, SECRET, Course, CourseDay, User, Walk, WalkDay, engine


def make_course() -> UUID:
    """Make the tables, and a journey."""
    SQLModel.metadata.create_all(engine)
    course = Course(slug="21-days", title="One Small Thing a Day")
    titles: dict[str, Any] = {"title": "Where you stand today", "summary": "The people around you, without grades."}
    with Session(engine) as session:
        session.add(course)
        session.add_all([CourseDay(course_id=course.id, number=n, minutes=20, **titles) for n in range(1, LENGTH + 1)])
        session.commit()
        return course.id


def add_users(course_id: UUID, count: int, *, completed: int) -> list[str]:
    """New members with a run of which all days are open, and so many are completed; a token for each."""
    started = datetime.now(UTC) - timedelta(days=LENGTH)
    zone: dict[str, Any] = {"time_zone": "Europe/Dublin", "pace": "daily", "starts_on": started.date()}
    done: dict[str, Any] = {"completed_at": started, "completed_on": started.date()}
    with Session(engine) as session:
        users = [User(email=f"{uuid4()}@example.org", hashed_password="") for _ in range(count)]
        walks = [Walk(user_id=user.id, course_id=course_id, started_at=started, **zone) for user in users]
        session.add_all([*users, *walks])
        session.add_all([WalkDay(walk_id=walk.id, number=n + 1, **done) for walk in walks for n in range(completed)])
        ids = [user.id for user in users]
        session.commit()
    expires = int(datetime.now(UTC).timestamp()) + 3600
    return [jwt.encode({"sub": str(each), "exp": expires}, SECRET, algorithm=ALGORITHM) for each in ids]


def main(arguments: list[str]) -> None:
    """`serve ...` as all do; with numbers of readers, of days that they completed, and of others, make them."""
    if arguments[0] == "serve":
        serve_instead("bench.template:create_reference")
        return
    readers, done, others = map(int, arguments)
    course = make_course()
    groups = add_users(course, readers, completed=done), add_users(course, others, completed=0)
    sys.stdout.write("\n\n".join("\n".join(tokens) for tokens in groups))


if __name__ == "__main__":
    main(sys.argv[1:])
