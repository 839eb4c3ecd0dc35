"""Tests that responses match the schemas in the API documentation."""

from typing import Any

from httpx2 import Response
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from app.core.db.table import Table
from tests.factories.accounts import request_code
from tests.factories.operations import OPERATIONS, OPERATIONS_BY_ID, SCHEMAS
from tests.factories.services import Service, request
from tests.security.expectations import MEMBER_OPERATIONS, PUBLIC_OPERATIONS, run_operation
from tests.security.member_requests import grant_consent


def closed_schema(schema: Any) -> Any:
    """Return a copy of a JSON schema that forbids undeclared properties."""
    if isinstance(schema, list):
        return [closed_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    extra = {"additionalProperties": False} if "properties" in schema else {}
    return {name: closed_schema(subschema) for name, subschema in schema.items()} | extra


def schema_errors(response: Response, schema: dict[str, Any]) -> list[str]:
    document = {**closed_schema(schema), "components": {"schemas": closed_schema(SCHEMAS)}}
    validator = OAS31Validator(document, format_checker=oas31_format_checker)
    return [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(response.json())]


def test_responses_to_members_match_documented_schema(service: Service) -> None:
    member = service.register_verified(display_name="Bo")
    checked = 0

    for name, expected in MEMBER_OPERATIONS.items():
        if schema := OPERATIONS_BY_ID[name].success_schema():
            response = run_operation(name, service, member)
            assert (response.status_code, schema_errors(response, schema)) == (expected.status, []), name
            checked += 1

    assert checked > 5


def test_account_responses_match_documented_schema(service: Service) -> None:
    member = service.register()
    bodies = {
        "register": {"email": "new@example.org", "password": member.password},
        "log_in": {"email": member.email, "password": member.password},
        "refresh_tokens": {"refresh_token": member.refresh_token},
        "request_password_reset": {"email": member.email},
        "request_sign_in_code": {"email": "code@example.org"},
        "sign_in_with_code": {"email": "ana@example.org", "code": request_code(service, "ana@example.org")},
        "read_sign_in_methods": None,
        "list_consents": None,
    }
    accounts = {
        str(item) for item in OPERATIONS if item.specification["tags"] == ["Accounts"] and item.success_schema()
    }

    assert accounts & PUBLIC_OPERATIONS == set(bodies)
    for name, body in bodies.items():
        response = request(service.client, OPERATIONS_BY_ID[name].method, OPERATIONS_BY_ID[name].path, body)
        assert response.is_success, name
        assert schema_errors(response, OPERATIONS_BY_ID[name].success_schema() or {}) == [], name


def test_documented_example_bodies_are_accepted(service: Service) -> None:
    member = service.register_verified()
    grant_consent(member)
    examples = [
        (operation, example["value"])
        for operation in OPERATIONS
        for content in operation.specification.get("requestBody", {}).get("content", {}).values()
        for example in content.get("examples", {}).values()
    ]

    assert {str(operation) for operation, _ in examples} == {"create_result", "start_run"}
    for operation, body in examples:
        assert member.request(operation.method, operation.example_path(), body).status_code == 201, str(operation)


def test_response_schemas_are_not_tables() -> None:
    tables = {table.__name__ for table in Table.__subclasses__()}

    assert "Member" in tables
    assert tables & set(SCHEMAS) == set()
