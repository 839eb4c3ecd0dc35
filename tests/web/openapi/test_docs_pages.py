import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.testclient import TestClient
from typing_extensions import override

PAGES = ["/docs", "/redoc"]
ELSEWHERE = re.compile(r"(?:https?:)?//[a-z0-9]", re.IGNORECASE)


class Page(HTMLParser):
    """What a page refers to, and what stands in it that a strict policy would block."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self._tag = ""
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        for name, value in attrs:
            if name in {"src", "href", "data-openapi"}:
                self.addresses.append(value or "")
            if name == "style" or name.startswith("on"):
                self.inline.append(name)

    @override
    def handle_data(self, data: str) -> None:
        if self._tag in {"script", "style"} and data.strip():
            self.inline.append(data)


def policy_of(reader: TestClient, page: str) -> dict[str, set[str]]:
    directives = reader.get(page).headers["content-security-policy"].split("; ")
    return {name: set(sources.split()) for name, _, sources in (each.partition(" ") for each in directives)}


@pytest.mark.parametrize("page", PAGES)
def test_everything_a_page_refers_to_is_here(reader: TestClient, page: str) -> None:
    html = reader.get(page).text

    addresses = Page(html).addresses

    assert len(addresses) >= 5
    assert not ELSEWHERE.search(html)
    for address in addresses:
        assert address.startswith("/")
        assert reader.get(address).status_code == 200, address


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_inline(reader: TestClient, page: str) -> None:
    assert Page(reader.get(page).text).inline == []


@pytest.mark.parametrize("script", ["/docs/swagger.js", "/docs/redoc.js"])
def test_our_scripts_name_no_other_host(reader: TestClient, script: str) -> None:
    reply = reader.get(script)

    assert reply.headers["content-type"].startswith("text/javascript")
    assert not ELSEWHERE.search(reply.text)


@pytest.mark.parametrize("page", PAGES)
def test_the_policy_allows_only_what_comes_from_here(reader: TestClient, page: str) -> None:
    policy = policy_of(reader, page)

    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == {"'none'"}
    assert policy["frame-ancestors"] == {"'none'"}
    assert policy["script-src"] == policy["connect-src"] == {"'self'"}
    assert policy["img-src"] == {"'self'", "data:"}
    sources = set().union(*policy.values())
    assert all(source in {"'none'", "'self'", "data:", "blob:"} or source.startswith("'sha256-") for source in sources)


def redoc(reader: TestClient) -> str:
    [library] = [address for address in Page(reader.get("/redoc").text).addresses if "redoc.standalone" in address]
    return reader.get(library).text


def test_the_style_that_redoc_writes_is_the_one_that_is_allowed(reader: TestClient) -> None:
    """Fails when another version of fastapi-offline brings another style: put its hash into SCROLLBAR."""
    text, source_map = re.findall(r'push\(\[\w+\.id,("(?:[^"\\]|\\.)*"),"",({version:.*?})\]\)', redoc(reader))[0]
    named: dict[str, Any] = json.loads(re.sub(r"(?<=[{,])([a-zA-Z]+):(?=[\d\"\[])", r'"\1":', source_map))
    packed = b64encode(json.dumps(named, separators=(",", ":"), ensure_ascii=False).encode()).decode()
    style = f"{json.loads(text)}\n/*# sourceMappingURL=data:application/json;base64,{packed} */"

    digest = b64encode(sha256(style.encode()).digest()).decode()

    assert f"'sha256-{digest}'" in policy_of(reader, "/redoc")["style-src"]


def test_redoc_comes_without_its_remote_logo(reader: TestClient) -> None:
    assert "cdn.redoc.ly" not in redoc(reader)


@pytest.mark.parametrize("page", PAGES)
def test_assets_are_kept_for_good_and_pages_are_asked_for_again(reader: TestClient, page: str) -> None:
    reply = reader.get(page)
    assets = [address for address in Page(reply.text).addresses if address.startswith("/docs/assets/")]

    assert reply.headers["cache-control"] == "no-cache"
    assert assets
    for address in assets:
        assert reader.head(address).headers["cache-control"] == "max-age=31536000, immutable"


def test_there_are_no_other_assets(reader: TestClient) -> None:
    folder = re.findall(r"/docs/assets/[^/]+", reader.get("/docs").text)[0]

    for name in ("missing.js", "..%2f__init__.py", "%2e%2e", "%00"):
        assert reader.get(f"{folder}/{name}").json()["code"] == "not_found"


def test_pages_answer_head(reader: TestClient) -> None:
    for page in PAGES:
        reply = reader.head(page)

        assert (reply.status_code, reply.text) == (200, "")


def test_the_documentation_knows_where_it_is_mounted(reader: TestClient) -> None:
    behind = TestClient(reader.app, root_path="/api")

    addresses = Page(behind.get("/docs").text).addresses

    assert all(address.startswith("/api/") for address in addresses)
