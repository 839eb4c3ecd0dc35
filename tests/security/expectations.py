"""What each operation answers, and whom. A new operation is a line in MEMBERS, or one in PUBLIC."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from httpx2 import Response

from tests.factories.operations import BY_NAME
from tests.factories.services import Person, Service, token_in

Make = Callable[[Service, Person], Any]

DRAFT = "/v1/me/assessments/attachment-reflection/draft"
NEW_PASSWORD = "seven herons wade at dusk"


def nothing(_service: Service, _me: Person) -> None:
    return None


def my_password(_service: Service, me: Person) -> dict[str, str]:
    return {"password": me.password}


def new_address(me: Person) -> str:
    return me.address.replace("@", ".new@")


def new_address_token(service: Service, me: Person) -> dict[str, str]:
    body = {"email": new_address(me), "current_password": me.password}
    assert me.ask("PUT", "/v1/me/email", body).status_code == 202
    return {"token": token_in(service.mails(to=new_address(me))[-1])}


def session_elsewhere(_service: Service, me: Person) -> str:
    me.on_another_device()
    sessions = me.ask("GET", "/v1/me/sessions").json()["items"]
    return f"/v1/me/sessions/{next(each['id'] for each in sessions if not each['is_current'])}"


def agreed(me: Person) -> None:
    """Have them agree to what is kept of their feelings."""
    decision = {"granted": True, "version": "1"}
    assert me.ask("PUT", "/v1/me/consents/health_data", decision).status_code == 200


def answers_so_far(_service: Service, me: Person) -> dict[str, Any]:
    agreed(me)
    return {"version": 1, "answers": {"q01": 3}, "answered_at": "2025-01-01T00:00:00Z"}


def a_draft(service: Service, me: Person) -> None:
    assert me.ask("PUT", DRAFT, answers_so_far(service, me)).status_code == 200


def my_answers(_service: Service, _me: Person) -> dict[str, Any]:
    answers = {f"q{n:02}": 1 + n % 7 for n in range(1, 25)}
    return {"assessment": "attachment-reflection", "version": 1, "answers": answers}


def result(service: Service, me: Person) -> str:
    agreed(me)
    address = f"/v1/me/results/{uuid4()}"
    assert me.ask("PUT", address, my_answers(service, me)).status_code == 201
    return address


def picture(service: Service, me: Person) -> str:
    return f"{result(service, me)}/chart.svg"


def difference(service: Service, me: Person) -> str:
    return f"{result(service, me)}/change?since={result(service, me).rpartition('/')[2]}"


@dataclass(frozen=True, slots=True)
class Expected:
    """`status` is what a member with a confirmed address is answered who sends this body.

    Where the path has the id of a row, `row` makes one and says its address: its owner is answered `status` there, and
    anybody else `foreign`, as for ids that nobody has. Other paths with parameters say an `address`.
    """

    status: int
    body: Make = nothing
    address: str = ""
    row: Make | None = None
    foreign: int = 404


MEMBERS = {
    "log_out": Expected(204),
    "verify_email": Expected(204, new_address_token),
    "read_me": Expected(200),
    "change_me": Expected(200, lambda _, __: {"display_name": "Bo", "time_zone": "Europe/Dublin"}),
    "change_password": Expected(
        200, lambda _, me: {"current_password": me.password, "new_password": NEW_PASSWORD}
    ),
    "change_email": Expected(202, lambda _, me: {"email": new_address(me), "current_password": me.password}),
    "list_sessions": Expected(200),
    "end_sessions": Expected(204),
    "read_session": Expected(200, row=session_elsewhere),
    "end_session": Expected(204, row=session_elsewhere),
    "read_consent": Expected(200, address="/v1/me/consents/health_data"),
    "change_consent": Expected(
        200, lambda _, __: {"granted": True, "version": "1"}, address="/v1/me/consents/health_data"
    ),
    "keep_draft": Expected(200, answers_so_far, address=DRAFT),
    "read_draft": Expected(200, a_draft, address=DRAFT),
    "delete_draft": Expected(204, address=DRAFT),
    "keep_result": Expected(200, my_answers, row=result, foreign=403),
    "list_results": Expected(200),
    "read_result": Expected(200, row=result),
    "delete_result": Expected(204, row=result),
    "compare_results": Expected(200, row=difference),
    "read_chart": Expected(200, row=picture),
    "export_me": Expected(200),
    "erase_my_health_data": Expected(204, my_password),
    "erase_me": Expected(204, my_password),
}  # fmt: skip

PUBLIC = {
    # what is the same for everybody
    "list_articles",
    "read_article",
    "list_topics",
    "read_topic",
    "list_categories",
    "list_authors",
    "read_author",
    "read_site",
    "read_json_feed",
    "read_atom_feed",
    "read_rss_feed",
    "read_sitemap",
    "list_support",
    "list_consents",
    "list_assessments",
    "read_assessment",
    # what anybody is told of their answers
    "score_answers",
    # how to become somebody
    "register",
    "log_in",
    "refresh_tokens",
    "forget_password",
    "reset_password",
    # for those who run the service; metrics have a token of their own
    "read_liveness",
    "read_readiness",
    "read_metrics",
    # the documentation
    "openapi",
    "read_docs",
    "read_redoc",
    "read_swagger_script",
    "read_redoc_script",
    "read_redoc_library",
    "read_asset",
}


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that a member's operation expects, ready to be sent by anybody."""

    method: str
    address: str
    body: Any

    @classmethod
    def of(cls, name: str, service: Service, me: Person) -> "Asking":
        """For what is `me`'s, with a row that was just made where it takes one."""
        operation, expected = BY_NAME[name], MEMBERS[name]
        address = expected.row(service, me) if expected.row else expected.address or operation.path
        return cls(operation.method, address, expected.body(service, me))

    def by(self, person: Person) -> Response:
        return person.ask(self.method, self.address, self.body)


def do(name: str, service: Service, me: Person) -> Response:
    """What an operation is for; with a new password a member goes on under that."""
    reply = Asking.of(name, service, me).by(me)
    if name == "change_password":
        me.password = NEW_PASSWORD
        me.keep(reply)
    return reply
