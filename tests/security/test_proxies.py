"""Whose word about where a request comes from is taken, by the real server; any database does."""

from pathlib import Path

import httpx
import pytest

from tests.conftest import Sqlite
from tests.factories.content import write_folder
from tests.factories.processes.servers import Server
from tests.factories.services import PASSWORD

SENT = ("203.0.113.1", "203.0.113.1", "203.0.113.2", "198.51.100.7, 203.0.113.2", "203.0.113.3:4711", "2001:db8::1")


def register(client: httpx.Client, forwarded: str) -> int:
    body = {"email": "ana@example.org", "password": PASSWORD}
    return client.post("/v1/auth/register", json=body, headers={"X-Forwarded-For": forwarded}).status_code


@pytest.mark.parametrize(
    ("trusted", "statuses"),
    [
        ("[]", [202, 429, 429, 429, 429, 429]),
        ('["192.0.2.0/24"]', [202, 429, 429, 429, 429, 429]),
        ('["127.0.0.0/8"]', [202, 429, 202, 429, 202, 202]),
    ],
    ids=["nobody", "another", "the peer"],
)
def test_requests_are_counted_by_the_forwarded_address_only_if_the_peer_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: str, statuses: list[int]
) -> None:
    monkeypatch.setenv("TWENTYONE_TRUSTED_PROXIES", trusted)
    monkeypatch.setenv("TWENTYONE_REGISTRATIONS_A_MINUTE", "1")
    server = Server(write_folder(tmp_path / "content"), Sqlite(tmp_path).create())
    try:
        assert [register(server.client, each) for each in SENT] == statuses
    finally:
        server.stop()
