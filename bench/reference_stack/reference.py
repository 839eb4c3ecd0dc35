"""The reference stack (`template.py`): serves it as `twentyone serve` serves ours, and fills its database.

`python -m bench.reference_stack.reference HOST PORT WORKERS` serves. With `fill READERS DONE OTHERS` it makes readers
who completed so many days, and others, and prints who they are.
"""

import json
import sys
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from bench.reference_stack.template_filling import add_users, address_of, make_content
from bench.reference_stack.template_session import connect
from bench.reference_stack.template_tokens import access_token, refresh_token
from bench.servers.instead import serve_instead


@dataclass(frozen=True)
class Visitor:
    """A user as this server knows them, made without asking it."""

    user_id: UUID
    session_id: UUID

    @cached_property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {access_token(self.user_id)}"}

    @property
    def address(self) -> str:
        return address_of(self.user_id)

    def refresh_token(self, turn: int) -> str:
        return refresh_token(self.user_id, self.session_id, turn)


def visitors(said: str) -> tuple[list[Visitor], list[Visitor]]:
    """Readers and others, from what `fill` printed."""
    readers, others = ([Visitor(*map(UUID, pair)) for pair in pairs] for pairs in json.loads(said))
    return readers, others


def fill(readers: int, done: int, others: int) -> None:
    engine = connect()
    course = make_content(engine)
    groups = add_users(engine, course, readers, completed=done), add_users(engine, course, others, completed=0)
    json.dump(groups, sys.stdout)


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(*map(int, sys.argv[2:]))
    else:
        serve_instead("bench.reference_stack.template:create_reference")
