"""Test of the benchmark's plain server: it executes the statements of the application for other members."""

import json

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from bench.client.journey_members import add_walkers
from bench.client.requests import Request, completions, dashboards
from bench.servers.plain import create_plain, plain_walkers
from tests.conftest import Backend

DAYS = 11  # column of a run's completed days


@pytest.mark.trial
def test_plain_server_completes_day_of_requesting_member_only(
    backend: Backend, shipped_template: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    database_url = backend.create(shipped_template).render_as_string(hide_password=False)
    monkeypatch.setenv("TWENTYONE_DATABASE_URL", database_url)
    members = plain_walkers(add_walkers(database_url, 2, completed=3))
    client = TestClient(create_plain())

    _send(client, next(completions(members, first_day=5)))

    days = [json.loads(_send(client, request)[0][DAYS]) for request in dashboards(members)]
    assert [sorted(day for day, *_ in completed) for completed in days] == [[1, 2, 3, 5], [1, 2, 3]]


def _send(client: TestClient, request: Request) -> list[list[str]]:
    response = client.request(request.method, request.path, headers=dict(request.headers), content=request.body)
    response.raise_for_status()
    rows: list[list[str]] = response.json()
    return rows
