"""What each operation answers, and whom. A new operation is a line in MEMBERS, or one in PUBLIC."""

from dataclasses import dataclass
from typing import Any

from httpx2 import Response

from tests.factories.operations import BY_NAME
from tests.factories.services import Person, Service
from tests.security import belongings as my
from tests.security.belongings import BOOKMARK, DRAFT, Make

NEW_PASSWORD = "seven herons wade at dusk"


@dataclass(frozen=True, slots=True)
class Expected:
    """`status` is what a member with a confirmed address is answered who sends this body.

    Where the path has the id of a row, `row` makes one and says its address: its owner is answered `status` there, and
    anybody else `foreign`, as for ids that nobody has. Other paths with parameters say an `address`.
    """

    status: int
    body: Make = my.nothing
    address: str = ""
    row: Make | None = None
    foreign: int = 404


MEMBERS = {
    "log_out": Expected(204),
    "verify_email": Expected(204, my.new_address_token),
    "read_me": Expected(200),
    "change_me": Expected(200, lambda _, __: {"display_name": "Bo", "time_zone": "Europe/Dublin"}),
    "change_password": Expected(
        200, lambda _, me: {"current_password": me.password, "new_password": NEW_PASSWORD}
    ),
    "change_email": Expected(202, lambda _, me: {"email": my.new_address(me), "current_password": me.password}),
    "list_sessions": Expected(200),
    "end_sessions": Expected(204),
    "read_session": Expected(200, row=my.session_elsewhere),
    "end_session": Expected(204, row=my.session_elsewhere),
    "read_consent": Expected(200, address="/v1/me/consents/health_data"),
    "change_consent": Expected(
        200, lambda _, __: {"granted": True, "version": "1"}, address="/v1/me/consents/health_data"
    ),
    "keep_draft": Expected(200, my.answers_so_far, address=DRAFT),
    "read_draft": Expected(200, my.a_draft, address=DRAFT),
    "delete_draft": Expected(204, address=DRAFT),
    "keep_result": Expected(200, my.answers, row=my.result, foreign=403),
    "list_results": Expected(200),
    "read_result": Expected(200, row=my.result),
    "delete_result": Expected(204, row=my.result),
    "compare_results": Expected(200, row=my.difference),
    "read_chart": Expected(200, row=my.picture),
    "start_run": Expected(200, my.start, row=my.run, foreign=201),
    "list_runs": Expected(200),
    "read_run": Expected(200, row=my.run),
    "change_run": Expected(200, lambda _, __: {"status": "paused", "reminder_time": "07:30"}, row=my.run),
    "read_day": Expected(200, row=my.first_day),
    "change_day": Expected(200, my.noted, row=my.first_day),
    "sync_run": Expected(200, my.changes, row=my.sync),
    "read_insights": Expected(200, row=my.insights),
    "make_calendar": Expected(201, row=my.no_calendar),
    "revoke_calendar": Expected(204, row=my.calendar),
    "list_bookmarks": Expected(200),
    "keep_bookmark": Expected(201, address=BOOKMARK),
    "read_bookmark": Expected(200, my.a_bookmark, address=BOOKMARK),
    "delete_bookmark": Expected(204, address=BOOKMARK),
    "export_me": Expected(200),
    "erase_my_health_data": Expected(204, my.password),
    "erase_me": Expected(204, my.password),
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
    "list_journeys",
    "read_journey",
    "read_journey_day",
    # what anybody is told of their answers
    "score_answers",
    # for calendar apps that know a secret address
    "read_calendar",
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
