"""Tests for origins in settings: normalization, wildcards and origins of apps."""

import pytest
from pydantic import ValidationError

from app.core.origins import is_allowed
from app.core.settings import Settings

NORMALIZED = {
    "https://App.Example.org": "https://app.example.org",
    "HTTPS://x.example:443": "https://x.example",
    "http://x.example:80": "http://x.example",
    "http://x.example:443": "http://x.example:443",
    "https://x.example:08443": "https://x.example:8443",
    "https://x.example:65535": "https://x.example:65535",
    "https://bücher.example": "https://xn--bcher-kva.example",
    "https://straße.example": "https://xn--strae-oqa.example",
    "http://127.0.0.1:3000": "http://127.0.0.1:3000",
    "http://[0:0:0:0:0:0:0:1]:3000": "http://[::1]:3000",
}
NORMALIZED_ONLY_FOR_CORS = {
    "https://*.Example.app": "https://*.example.app",
    "https://*.example.co.uk:443": "https://*.example.co.uk",
    "https://*.preview.vercel.app:8443": "https://*.preview.vercel.app:8443",
    "https://*.Bücher.example": "https://*.xn--bcher-kva.example",
    "capacitor://localhost": "capacitor://localhost",
    "Ionic://localhost": "ionic://localhost",
    "tauri://Localhost": "tauri://localhost",
}
REJECTED = {
    "*": "must be an origin",
    "null": "must be an origin",
    "https://": "must be an origin",
    "file://localhost": "must be an origin",
    "https://x.example/": "must be an origin",
    "https://x.example?": "must be an origin",
    "https://ana@x.example": "must be an origin",
    "https://x.example\n": "must be an origin",
    "https://*": "must be an origin",
    "https://a.*.example.app": "must be an origin",
    "https://*.*.example.app": "must be an origin",
    "https://x*.example.app": "must be an origin",
    "https://x.example:0": "must have a port",
    "https://x.example:65536": "must have a port",
    "https://x..example": "must have a valid host",
    "https://x(y).example": "must have a valid host",
    "https://" + "x." * 126 + "xx": "must have a valid host",
    "https://" + "x" * 64 + ".example": "must have a valid host",
    "https://1.0x7f": "must have a valid host",
    "https://1.2.3": "must have a valid host",
    "https://[::1::]": "must have a valid host",
    "https://*.vercel.app": "directly under vercel.app",
    "https://*.co.uk": "directly under co.uk",
    "https://*.App": "directly under app",
    "https://*.公司.cn": "directly under xn--55qx5d.cn",
    "http://*.localhost:3000": "directly under localhost",
    "https://*.10.0.0.1": "before an IP address",
    "https://*.[::1]": "before an IP address",
    "capacitor://*.example.app": "origin of an app",
    "tauri://localhost:8080": "origin of an app",
}
WILDCARDS = ["https://*.example.app", "https://*.x.example:8443", "https://www.example.org"]


@pytest.mark.parametrize(("origin", "normalized"), (NORMALIZED | NORMALIZED_ONLY_FOR_CORS).items())
def test_cors_origin_is_normalized(origin: str, normalized: str) -> None:
    assert Settings(_env_file=None, cors_origins=[origin]).cors_origins == [normalized]


@pytest.mark.parametrize(("origin", "message"), REJECTED.items())
def test_cors_origin_that_is_invalid_or_too_broad_is_rejected(origin: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Settings(_env_file=None, cors_origins=[origin])


def test_site_url_is_normalized_and_has_neither_wildcard_nor_app_scheme() -> None:
    for origin, normalized in NORMALIZED.items():
        assert Settings(_env_file=None, site_url=origin).site_url == normalized
    for origin in NORMALIZED_ONLY_FOR_CORS:
        with pytest.raises(ValidationError, match="must be an origin"):
            Settings(_env_file=None, site_url=origin)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://www.example.org", True),
        ("https://pr-7.example.app", True),
        ("https://a_b.example.app", True),
        ("https://a.x.example:8443", True),
        ("https://example.app", False),
        ("https://.example.app", False),
        ("https://a.b.example.app", False),
        ("http://pr-7.example.app", False),
        ("https://pr-7.example.app:8443", False),
        ("https://a.x.example", False),
        ("https://pr-7xexample.app", False),
        ("https://pr-7.example.app.evil.com", False),
        ("https://evil.com/.example.app", False),
        ("https://*.example.app", False),
        ("https://PR-7.example.app", False),
        ("https://pr-7.example.app\n", False),
    ],
)
def test_wildcard_matches_exactly_one_label(origin: str, allowed: bool) -> None:  # noqa: FBT001
    assert is_allowed(origin, WILDCARDS) is allowed
