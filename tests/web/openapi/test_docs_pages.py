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
EXTERNAL_URL = re.compile(r"(?:https?:)?//[a-z0-9]", re.IGNORECASE)


class ParsedPage(HTMLParser):
    """Parses an HTML page and collects its URLs, inline scripts and inline styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.inline_code: list[str] = []
        self._tag = ""
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        for name, value in attrs:
            if name in {"src", "href", "data-openapi"}:
                self.urls.append(value or "")
            if name == "style" or name.startswith("on"):
                self.inline_code.append(name)

    @override
    def handle_data(self, data: str) -> None:
        if self._tag in {"script", "style"} and data.strip():
            self.inline_code.append(data)


def read_policy(shared_client: TestClient, page: str) -> dict[str, set[str]]:
    directives = shared_client.get(page).headers["content-security-policy"].split("; ")
    return {name: set(sources.split()) for name, _, sources in (directive.partition(" ") for directive in directives)}


@pytest.mark.parametrize("page", PAGES)
def test_docs_page_and_its_resources_are_local_and_cacheable(shared_client: TestClient, page: str) -> None:
    response = shared_client.get(page)
    parsed = ParsedPage(response.text)
    assets = [url for url in parsed.urls if url.startswith("/docs/assets/")]

    assert len(parsed.urls) >= 5
    assert not EXTERNAL_URL.search(response.text)
    for url in parsed.urls:
        assert url.startswith("/")
        assert shared_client.get(url).status_code == 200, url
    assert parsed.inline_code == []
    assert response.headers["cache-control"] == "no-cache"
    assert {shared_client.head(url).headers["cache-control"] for url in assets} == {"max-age=31536000, immutable"}
    assert (shared_client.head(page).status_code, shared_client.head(page).text) == (200, "")


@pytest.mark.parametrize("script", ["/docs/swagger.js", "/docs/redoc.js"])
def test_docs_scripts_reference_no_other_host(shared_client: TestClient, script: str) -> None:
    response = shared_client.get(script)

    assert response.headers["content-type"].startswith("text/javascript")
    assert not EXTERNAL_URL.search(response.text)


@pytest.mark.parametrize("page", PAGES)
def test_docs_policy_allows_only_own_origin(shared_client: TestClient, page: str) -> None:
    policy = read_policy(shared_client, page)

    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == {"'none'"}
    assert policy["frame-ancestors"] == {"'none'"}
    assert policy["script-src"] == policy["connect-src"] == {"'self'"}
    assert policy["img-src"] == {"'self'", "data:"}
    sources = set().union(*policy.values())
    assert all(source in {"'none'", "'self'", "data:", "blob:"} or source.startswith("'sha256-") for source in sources)


def read_redoc_script(shared_client: TestClient) -> str:
    [script_url] = [url for url in ParsedPage(shared_client.get("/redoc").text).urls if "redoc.standalone" in url]
    return shared_client.get(script_url).text


def test_docs_policy_contains_hash_of_redoc_style(shared_client: TestClient) -> None:
    """If a new version of fastapi-offline changes the style, update SCROLLBAR_STYLE_HASH."""
    text, source_map = re.findall(
        r'push\(\[\w+\.id,("(?:[^"\\]|\\.)*"),"",({version:.*?})\]\)', read_redoc_script(shared_client)
    )[0]
    parsed_map: dict[str, Any] = json.loads(re.sub(r"(?<=[{,])([a-zA-Z]+):(?=[\d\"\[])", r'"\1":', source_map))
    encoded_map = b64encode(json.dumps(parsed_map, separators=(",", ":"), ensure_ascii=False).encode()).decode()
    style = f"{json.loads(text)}\n/*# sourceMappingURL=data:application/json;base64,{encoded_map} */"

    digest = b64encode(sha256(style.encode()).digest()).decode()

    assert f"'sha256-{digest}'" in read_policy(shared_client, "/redoc")["style-src"]


def test_redoc_script_has_no_remote_logo(shared_client: TestClient) -> None:
    assert "cdn.redoc.ly" not in read_redoc_script(shared_client)


def test_unknown_asset_returns_not_found(shared_client: TestClient) -> None:
    assets_path = re.findall(r"/docs/assets/[^/]+", shared_client.get("/docs").text)[0]

    for name in ("missing.js", "..%2f__init__.py", "%2e%2e", "%00"):
        assert shared_client.get(f"{assets_path}/{name}").json()["code"] == "not_found"


def test_docs_page_respects_root_path(shared_client: TestClient) -> None:
    mounted_client = TestClient(shared_client.app, root_path="/api")

    urls = ParsedPage(mounted_client.get("/docs").text).urls

    assert all(url.startswith("/api/") for url in urls)
