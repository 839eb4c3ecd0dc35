"""Web origins in settings: their normalized form, wildcards, and origins of apps."""

import re
from collections.abc import Sequence
from functools import cache
from ipaddress import IPv4Address, IPv6Address

import idna
from publicsuffixlist import PublicSuffixList

DEFAULT_PORTS = {"http": 80, "https": 443}
APP_SCHEMES = {"capacitor", "ionic", "tauri"}  # apps that run a web page in a native window
MAX_PORT = 65_535
MAX_HOST_LENGTH = 253
ORIGIN = re.compile(
    r"(?P<scheme>[A-Za-z]+)://(?P<wildcard>\*\.)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]\\*%]+)(?::(?P<port>[0-9]+))?"
)
LABEL = "[a-z0-9_-]{1,63}"
HOST = re.compile(rf"{LABEL}(?:\.{LABEL})*")
ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")  # browsers read such a host as an IPv4 address


def normalize_origin(origin: str) -> str:
    """Return an origin in the form that browsers send: lower case, in ASCII, without the default port."""
    parts = ORIGIN.fullmatch(origin)
    if parts is None or parts["wildcard"] or parts["scheme"].lower() not in DEFAULT_PORTS:
        raise ValueError("must be an origin such as https://example.org, without a path")
    return _normalize(parts)


def normalize_cors_origin(origin: str) -> str:
    """Normalize an origin that may be that of an app, or have `*` as its first label.

    Reject a wildcard directly under a public suffix such as `vercel.app`, where anyone can register a name.
    """
    parts = ORIGIN.fullmatch(origin)
    is_app = parts is not None and parts["scheme"].lower() in APP_SCHEMES
    if parts is None or not (is_app or parts["scheme"].lower() in DEFAULT_PORTS):
        raise ValueError(
            "must be an origin such as https://example.org, https://*.example.org or capacitor://localhost"
        )
    if is_app and (parts["wildcard"] or parts["port"]):
        raise ValueError("must have neither a wildcard nor a port if it is the origin of an app")
    normalized = _normalize(parts)
    if parts["wildcard"]:
        host = _normalize_host(parts["host"])
        if host.startswith("[") or ENDS_IN_NUMBER.fullmatch(host):
            raise ValueError("must not have a wildcard before an IP address")
        if _public_suffixes().is_public(host):
            raise ValueError(f"must not have a wildcard directly under {host}, where anyone can register a name")
    return normalized


def exact_origins(origins: Sequence[str]) -> frozenset[str]:
    """Return the origins without a wildcard."""
    return frozenset(origin for origin in origins if "*" not in origin)


def wildcard_pattern(origins: Sequence[str]) -> str | None:
    """Return the regular expression of the origins that a wildcard allows, or None if there is no wildcard.

    A wildcard matches exactly one label. The scheme and the port must be the same.
    """
    wildcards = (re.escape(origin) for origin in origins if "*" in origin)
    return "|".join(wildcard.replace(r"\*", LABEL) for wildcard in wildcards) or None


def is_allowed(origin: str, allowed_origins: Sequence[str]) -> bool:
    pattern = wildcard_pattern(allowed_origins)
    return origin in exact_origins(allowed_origins) or bool(pattern and re.fullmatch(pattern, origin))


def _normalize(parts: re.Match[str]) -> str:
    scheme, port = parts["scheme"].lower(), int(parts["port"] or 0)
    if port > MAX_PORT or (parts["port"] and not port):
        raise ValueError("must have a port from 1 to 65535")
    suffix = f":{port}" if port and port != DEFAULT_PORTS.get(scheme) else ""
    return f"{scheme}://{parts['wildcard'] or ''}{_normalize_host(parts['host'])}{suffix}"


def _normalize_host(host: str) -> str:
    """Return a host as browsers serialize it: in lower case, and Unicode names as Punycode."""
    try:
        if host.startswith("["):
            return f"[{IPv6Address(host[1:-1])}]"
        host = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
        if ENDS_IN_NUMBER.fullmatch(host):
            return str(IPv4Address(host))
    except ValueError:  # also the base class of IDNAError and AddressValueError
        raise ValueError("must have a valid host name or IP address") from None
    if len(host) > MAX_HOST_LENGTH or not HOST.fullmatch(host):
        raise ValueError("must have a valid host name or IP address")
    return host


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()
