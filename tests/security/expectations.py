"""Expected responses of all API operations, for tests of access control.

Add each new operation to MEMBER_OPERATIONS or PUBLIC_OPERATIONS.
"""

from dataclasses import dataclass
from typing import Any

from httpx2 import Response

from tests.factories.operations import OPERATIONS_BY_ID
from tests.factories.services import MemberClient, Service
from tests.security import member_requests
from tests.security.member_requests import BOOKMARK_PATH, DRAFT_PATH, Factory

NEW_PASSWORD = "seven herons wade at dusk"


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected response of an operation that requires a signed-in member.

    `status` is the status for a member with a verified email address. If the path contains the id of a row,
    `create_row` creates the row and returns its path; other members receive `foreign_status`, as for unknown ids. Other
    operations with path parameters declare their `path`.
    """

    status: int
    body: Factory = member_requests.no_body
    path: str = ""
    create_row: Factory | None = None
    foreign_status: int = 404


MEMBER_OPERATIONS = {
    "log_out": Expectation(204),
    "verify_email": Expectation(204, member_requests.email_token_body),
    "reauthenticate": Expectation(204, member_requests.password_body),
    "read_me": Expectation(200),
    "change_me": Expectation(200, lambda _, __: {"display_name": "Bo", "time_zone": "Europe/Dublin"}),
    "change_password": Expectation(
        200, lambda _, member: {"current_password": member.password, "new_password": NEW_PASSWORD}
    ),
    "change_email": Expectation(
        202, lambda _, member: {"email": member_requests.new_email(member), "current_password": member.password}
    ),
    "list_sessions": Expectation(200),
    "end_sessions": Expectation(204),
    "read_session": Expectation(200, create_row=member_requests.other_session_path),
    "end_session": Expectation(204, create_row=member_requests.other_session_path),
    "read_consent": Expectation(200, path="/v1/me/consents/health_data"),
    "change_consent": Expectation(
        200, lambda _, __: {"granted": True, "version": "1"}, path="/v1/me/consents/health_data"
    ),
    "save_draft": Expectation(200, member_requests.draft_body, path=DRAFT_PATH),
    "read_draft": Expectation(200, member_requests.create_draft, path=DRAFT_PATH),
    "delete_draft": Expectation(204, path=DRAFT_PATH),
    "create_result": Expectation(
        200, member_requests.result_body, create_row=member_requests.create_result, foreign_status=403
    ),
    "list_results": Expectation(200),
    "read_result": Expectation(200, create_row=member_requests.create_result),
    "delete_result": Expectation(204, create_row=member_requests.create_result),
    "compare_results": Expectation(200, create_row=member_requests.change_path),
    "read_chart": Expectation(200, create_row=member_requests.chart_path),
    "start_run": Expectation(200, member_requests.run_body, create_row=member_requests.create_run, foreign_status=201),
    "list_runs": Expectation(200),
    "read_run": Expectation(200, create_row=member_requests.create_run),
    "change_run": Expectation(
        200, lambda _, __: {"status": "paused", "reminder_time": "07:30"}, create_row=member_requests.create_run
    ),
    "read_day": Expectation(200, create_row=member_requests.day_path),
    "change_day": Expectation(200, member_requests.day_change_body, create_row=member_requests.day_path),
    "sync_run": Expectation(200, member_requests.sync_body, create_row=member_requests.sync_path),
    "read_insights": Expectation(200, create_row=member_requests.insights_path),
    "create_calendar": Expectation(201, create_row=member_requests.calendar_path),
    "revoke_calendar": Expectation(204, create_row=member_requests.create_calendar),
    "list_bookmarks": Expectation(200),
    "save_bookmark": Expectation(201, path=BOOKMARK_PATH),
    "read_bookmark": Expectation(200, member_requests.create_bookmark, path=BOOKMARK_PATH),
    "delete_bookmark": Expectation(204, path=BOOKMARK_PATH),
    "export_me": Expectation(200),
    "erase_my_health_data": Expectation(204, member_requests.password_body),
    "erase_me": Expectation(204, member_requests.password_body),
    "erase_my_account": Expectation(204, member_requests.password_body),
}  # fmt: skip

PUBLIC_OPERATIONS = {
    # public content
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
    "list_support_lines",
    "list_consents",
    "list_assessments",
    "read_assessment",
    "list_journeys",
    "read_journey",
    "read_journey_day",
    # anonymous scoring
    "score_answers",
    # protected by a secret path
    "read_calendar",
    # registration, sign-in and password reset
    "register",
    "log_in",
    "refresh_tokens",
    "request_password_reset",
    "reset_password",
    "request_sign_in_code",
    "sign_in_with_code",
    "read_sign_in_methods",
    # health checks and metrics; metrics require their own token
    "read_liveness",
    "read_readiness",
    "read_metrics",
    # documentation
    "openapi",
    "read_docs",
    "read_redoc",
    "read_swagger_script",
    "read_redoc_script",
    "read_redoc_library",
    "read_asset",
}

# A token is optional. With the token of an unconfirmed account, the mailbox proof opens this account.
OPTIONAL_TOKEN_OPERATIONS = {"reset_password", "sign_in_with_code"}


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A valid request for an operation, which any client can send."""

    method: str
    path: str
    body: Any

    @classmethod
    def for_operation(cls, name: str, service: Service, member: MemberClient) -> "PreparedRequest":
        """Build a valid request of a member for an API operation.

        If the operation acts on a stored object, such as a result, that object is created first.
        """
        operation, expected = OPERATIONS_BY_ID[name], MEMBER_OPERATIONS[name]
        path = expected.create_row(service, member) if expected.create_row else expected.path or operation.path
        return cls(operation.method, path, expected.body(service, member))

    def send_as(self, client: MemberClient) -> Response:
        return client.request(self.method, self.path, self.body)


def run_operation(name: str, service: Service, member: MemberClient) -> Response:
    """Run an operation that must succeed. Update the client's password if the operation changes it."""
    response = PreparedRequest.for_operation(name, service, member).send_as(member)
    if name == "change_password":
        member.password = NEW_PASSWORD
        member.store_tokens(response)
    return response
