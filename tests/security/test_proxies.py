"""Tests for detecting client IP addresses behind trusted and untrusted proxies."""

from pathlib import Path

import httpx
import pytest

from tests.conftest import SqliteBackend
from tests.factories.content import write_content_directory
from tests.factories.processes.servers import ServerProcess
from tests.factories.services import PASSWORD

FORWARDED_ADDRESSES = (
    "203.0.113.1",
    "203.0.113.1",
    "203.0.113.2",
    "198.51.100.7, 203.0.113.2",
    "203.0.113.3:4711",
    "2001:db8::1",
)


def register(client: httpx.Client, forwarded: str) -> int:
    body = {"email": "ana@example.org", "password": PASSWORD}
    return client.post("/v1/auth/register", json=body, headers={"X-Forwarded-For": forwarded}).status_code


@pytest.mark.parametrize(
    ("trusted", "statuses"),
    [
        ('["192.0.2.0/24"]', [202, 429, 429, 429, 429, 429]),
        ('["127.0.0.0/8"]', [202, 429, 202, 429, 202, 202]),
    ],
    ids=["other proxy", "this proxy"],
)
def test_rate_limit_uses_forwarded_address_of_trusted_proxy_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: str, statuses: list[int]
) -> None:
    monkeypatch.setenv("TWENTYONE_TRUSTED_PROXIES", trusted)
    monkeypatch.setenv("TWENTYONE_REGISTRATIONS_A_MINUTE", "1")
    server = ServerProcess(write_content_directory(tmp_path / "content"), SqliteBackend(tmp_path).create())
    try:
        assert [register(server.client, address) for address in FORWARDED_ADDRESSES] == statuses
    finally:
        server.stop()
