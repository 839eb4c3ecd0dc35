"""Replies have the fields that the document names, and no others."""

from typing import Any

from httpx2 import Response
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from app.core.db.table import Table
from tests.factories.operations import BY_NAME, OPERATIONS, SCHEMAS
from tests.factories.services import Service, request
from tests.security.belongings import agreed
from tests.security.expectations import MEMBERS, PUBLIC, do


def closed(schema: Any) -> Any:
    """The same schema, but that objects have the fields which it names and no others."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if "properties" in schema else {}
    return {name: closed(part) for name, part in schema.items()} | more


def faults(reply: Response, schema: dict[str, Any]) -> list[str]:
    whole = {**closed(schema), "components": {"schemas": closed(SCHEMAS)}}
    validator = OAS31Validator(whole, format_checker=oas31_format_checker)
    return [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(reply.json())]


def test_every_reply_to_a_member_has_the_shape_that_the_document_says(service: Service) -> None:
    me = service.register_verified(display_name="Bo")
    seen = 0

    for name, expected in MEMBERS.items():
        if schema := BY_NAME[name].success():
            reply = do(name, service, me)
            assert (reply.status_code, faults(reply, schema)) == (expected.status, []), name
            seen += 1

    assert seen > 5


def test_every_reply_about_becoming_a_member_has_the_shape_that_the_document_says(service: Service) -> None:
    me = service.register()
    bodies = {
        "register": {"email": "new@example.org", "password": me.password},
        "log_in": {"email": me.address, "password": me.password},
        "refresh_tokens": {"refresh_token": me.refresh},
        "forget_password": {"email": me.address},
        "list_consents": None,
    }
    accounts = {str(each) for each in OPERATIONS if each.described["tags"] == ["Accounts"] and each.success()}

    assert accounts & PUBLIC == set(bodies)
    for name, body in bodies.items():
        reply = request(service.client, BY_NAME[name].method, BY_NAME[name].path, body)
        assert reply.is_success, name
        assert faults(reply, BY_NAME[name].success() or {}) == [], name


def test_whole_bodies_that_the_document_shows_are_taken_as_they_are(service: Service) -> None:
    me = service.register_verified()
    agreed(me)
    shown = [
        (operation, example["value"])
        for operation in OPERATIONS
        for content in operation.described.get("requestBody", {}).get("content", {}).values()
        for example in content.get("examples", {}).values()
    ]

    assert {str(operation) for operation, _ in shown} == {"keep_result", "start_run"}
    for operation, body in shown:
        assert me.ask(operation.method, operation.address(), body).status_code == 201, str(operation)


def test_no_reply_is_a_row_of_a_table() -> None:
    tables = {table.__name__ for table in Table.__subclasses__()}

    assert "Member" in tables
    assert tables & set(SCHEMAS) == set()
