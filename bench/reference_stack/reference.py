"""Serve the reference stack (`template.py`) like `twentyone serve`, and fill its database with users.

`python -m bench.reference_stack.reference HOST PORT WORKERS` starts the server. With the arguments `fill READERS
COMPLETED OTHERS`, the command creates READERS users with COMPLETED completed days and OTHERS other users, and prints
their ids.
"""

import json
import sys
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from bench.reference_stack.template_filling import add_users, address_of, create_content
from bench.reference_stack.template_session import connect
from bench.reference_stack.template_tokens import access_token, refresh_token
from bench.servers.alternative_app import serve_instead


@dataclass(frozen=True)
class ReferenceUser:
    """A user of the reference stack, the comparison application in the style of FastAPI's official template."""

    user_id: UUID
    session_id: UUID

    @cached_property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {access_token(self.user_id)}"}

    @property
    def address(self) -> str:
        return address_of(self.user_id)

    def refresh_token(self, counter: int) -> str:
        return refresh_token(self.user_id, self.session_id, counter)


def parse_users(output: str) -> tuple[list[ReferenceUser], list[ReferenceUser]]:
    """Return the readers and the other users from the output of `fill`."""
    readers, other_users = ([ReferenceUser(*map(UUID, pair)) for pair in pairs] for pairs in json.loads(output))
    return readers, other_users


def fill(readers: int, completed: int, other_users: int) -> None:
    engine = connect()
    course = create_content(engine)
    groups = (
        add_users(engine, course, readers, completed=completed),
        add_users(engine, course, other_users, completed=0),
    )
    json.dump(groups, sys.stdout)


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(*map(int, sys.argv[2:]))
    else:
        serve_instead("bench.reference_stack.template:create_reference")
