"""Tests for access tokens (JWTs): all invalid tokens get the same 401 response."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.testclient import TestClient

from app.accounts.credentials.access_tokens import AccessTokens, BadToken, SignedInMember
from app.core.crypto.key_ring import KeyRing, generate_entry
from tests.conftest import TEST_KEYS
from tests.factories.services import MemberClient, Service
from tests.factories.tokens import CLAIMS, HEADER, ISSUED_AT, MEMBER, NOW, RING, TOKEN_LIFETIME, base64url, sign_token

TOKENS = AccessTokens(RING, lifetime=TOKEN_LIFETIME)
PUBLIC_KEY = ec.generate_private_key(ec.SECP256R1()).public_key()
PUBLIC_FORMAT = serialization.PublicFormat.SubjectPublicKeyInfo
DER = PUBLIC_KEY.public_bytes(serialization.Encoding.DER, PUBLIC_FORMAT)
PEM = PUBLIC_KEY.public_bytes(serialization.Encoding.PEM, PUBLIC_FORMAT)


def with_claims(**changes: Any) -> str:
    return sign_token(HEADER, CLAIMS | changes)


def without_claim(name: str) -> str:
    return sign_token(HEADER, {claim: value for claim, value in CLAIMS.items() if claim != name})


def with_header(**changes: Any) -> str:
    return sign_token(HEADER | changes, CLAIMS)


@pytest.fixture(autouse=True)
def freeze_time() -> Iterator[None]:
    """Freeze the system clock, because python-jose reads it to check the expiry."""
    with time_machine.travel(NOW):
        yield


VALID_TOKEN = sign_token(HEADER, CLAIMS)
CLAIMS_JSON = json.dumps(CLAIMS)

INVALID_TOKENS: dict[str, Callable[[], str]] = {
    **{f"no {name}": partial(without_claim, name) for name in CLAIMS},
    "no typ": lambda: sign_token({"alg": "HS256", "kid": RING.current}, CLAIMS),
    "no kid": lambda: sign_token({"alg": "HS256", "typ": "at+jwt"}, CLAIMS),
    "typ of a plain JWT": lambda: with_header(typ="JWT"),
    "typ of a refresh token": lambda: with_header(typ="rt+jwt"),
    "typ in upper case": lambda: with_header(typ="AT+JWT"),
    "unknown kid": lambda: with_header(kid="zz"),
    "kid a number": lambda: with_header(kid=1),
    "kid a path": lambda: with_header(kid="../../dev/null"),
    "alg none": lambda: (
        f"{base64url(json.dumps(HEADER | {'alg': 'none'}).encode())}.{base64url(CLAIMS_JSON.encode())}."
    ),
    "alg none with a signature": lambda: with_header(alg="none"),
    "alg HS512": lambda: sign_token(HEADER | {"alg": "HS512"}, CLAIMS, digest="sha512"),
    "alg HS384": lambda: sign_token(HEADER | {"alg": "HS384"}, CLAIMS, digest="sha384"),
    "alg RS256": lambda: with_header(alg="RS256"),
    "alg a number": lambda: with_header(alg=1),
    "HS256 under a DER public key": lambda: sign_token(HEADER, CLAIMS, key=DER),
    "HS256 under a PEM public key": lambda: sign_token(HEADER, CLAIMS, key=PEM),
    "HS256 under no key": lambda: sign_token(HEADER, CLAIMS, key=b""),
    "HS256 under the ring's secret": lambda: sign_token(HEADER, CLAIMS, key=TEST_KEYS.encode()),
    "crit": lambda: with_header(crit=["exp"]),
    "a key in the header": lambda: with_header(jwk={}),
    "a key's address in the header": lambda: with_header(jku="https://evil.example"),
    "other issuer": lambda: with_claims(iss="someone"),
    "other audience": lambda: with_claims(aud="another-api"),
    "a list of audiences": lambda: with_claims(aud=["twentyone-api", "x"]),
    "additional claim": lambda: with_claims(admin=True),
    "sub a number": lambda: with_claims(sub=1),
    "sub empty": lambda: with_claims(sub=""),
    "sub not a UUID": lambda: with_claims(sub="me"),
    "sub without hyphens": lambda: with_claims(sub=MEMBER.id.hex),
    "sid not a UUID": lambda: with_claims(sid="mine"),
    "sid null": lambda: with_claims(sid=None),
    "jti empty": lambda: with_claims(jti=""),
    "expired": lambda: with_claims(iat=ISSUED_AT - 700, nbf=ISSUED_AT - 700, exp=ISSUED_AT - 100),
    "expired at this second": lambda: with_claims(iat=ISSUED_AT - 600, nbf=ISSUED_AT - 600, exp=ISSUED_AT),
    "exp null": lambda: with_claims(exp=None),
    "exp a text": lambda: with_claims(exp=str(ISSUED_AT + 600)),
    "exp a float": lambda: with_claims(exp=ISSUED_AT + 599.5),
    "exp true": lambda: with_claims(exp=True),
    "exp a list": lambda: with_claims(exp=[ISSUED_AT]),
    "exp infinite": lambda: sign_token(HEADER, CLAIMS_JSON.replace(str(ISSUED_AT + 600), "1e400").encode()),
    "exp of 5,000 digits": lambda: sign_token(HEADER, CLAIMS_JSON.replace(str(ISSUED_AT + 600), "9" * 2900).encode()),
    "exp in a hundred years": lambda: with_claims(exp=ISSUED_AT + 3_000_000_000),
    "exp a second too long": lambda: with_claims(exp=ISSUED_AT + 601),
    "iat in the future": lambda: with_claims(iat=ISSUED_AT + 3600, nbf=ISSUED_AT, exp=ISSUED_AT + 3900),
    "nbf in the future": lambda: with_claims(nbf=ISSUED_AT + 300),
    "iat a text": lambda: with_claims(iat="now"),
    "duplicate claim": lambda: sign_token(HEADER, (CLAIMS_JSON[:-1] + ', "sub": "me"}').encode()),
    "a header of 1,000 brackets": lambda: f"{base64url(b'[' * 1000)}.e30.{'A' * 43}",
    "a nested header": lambda: sign_token(b'{"alg":{"alg":"HS256"}}', CLAIMS),
    "a header that is a list": lambda: sign_token([HEADER], CLAIMS),
    "a header that is not JSON": lambda: sign_token(b"HS256", CLAIMS),
    "claims of 2,000 brackets": lambda: sign_token(HEADER, b"[" * 2000),
    "deep claims": lambda: sign_token(HEADER, b'{"a":' * 400 + b"1" + b"}" * 400),
    "claims that are a list": lambda: sign_token(HEADER, []),
    "claims that are null": lambda: sign_token(HEADER, None),
    "claims that are not text": lambda: sign_token(HEADER, b"\xff\xfe\x00"),
    "padding after the signature": lambda: f"{VALID_TOKEN}==",
    "junk in the signature": lambda: f"{VALID_TOKEN[:-3]}!{VALID_TOKEN[-2:]}",
    "no signature": lambda: VALID_TOKEN.rpartition(".")[0] + ".",
    "other signature": lambda: VALID_TOKEN[:-4] + ("AAAA" if VALID_TOKEN[-4:] != "AAAA" else "BBBB"),
    "a line break": lambda: f"{VALID_TOKEN}\n",
    "a NUL": lambda: f"{VALID_TOKEN}\0",
    "a lone surrogate": lambda: f"\ud800.{VALID_TOKEN}",
    "letters beyond ASCII": lambda: "é.é.é",
    "five parts": lambda: "a.b.c.d.e",
    "two parts": lambda: "a.b",
    "empty": lambda: "",
    "a megabyte": lambda: "a" * 1_000_000,
}


def test_verify_valid_token_returns_member() -> None:
    assert TOKENS.verify(VALID_TOKEN, now=NOW) == MEMBER
    assert TOKENS.verify(TOKENS.issue(MEMBER, now=NOW), now=NOW) == MEMBER


def test_invalid_tokens_include_more_than_60_cases() -> None:
    assert len(INVALID_TOKENS) > 60
    assert len(INVALID_TOKENS["a header of 1,000 brackets"]().partition(".")[0]) == 1334


@pytest.mark.parametrize("name", INVALID_TOKENS)
def test_verify_invalid_token_raises_bad_token(name: str) -> None:
    with pytest.raises(BadToken):
        TOKENS.verify(INVALID_TOKENS[name](), now=NOW)


@pytest.mark.parametrize("name", INVALID_TOKENS)
def test_request_with_invalid_token_returns_same_401(shared_client: TestClient, name: str) -> None:
    token = INVALID_TOKENS[name]().encode("utf-8", "replace")[:16_000]

    response = shared_client.get("/v1/me", headers=[(b"authorization", b"Bearer " + token)])

    assert response.status_code == 401
    assert response.json()["code"] == "not_signed_in"
    assert response.json() == shared_client.get("/v1/me").json()
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "bearer x y"])
def test_request_with_malformed_authorization_header_returns_401(shared_client: TestClient, header: str) -> None:
    response = shared_client.get("/v1/me", headers={"Authorization": header})

    assert (response.status_code, response.json()["code"]) == (401, "not_signed_in")


def test_bearer_scheme_is_case_insensitive(service: Service) -> None:
    member = service.register()

    assert service.client.get("/v1/me", headers={"Authorization": f"bearer {member.access_token}"}).status_code == 200


def test_verify_accepts_token_of_older_key_while_on_ring() -> None:
    older_token = AccessTokens(RING, lifetime=TOKEN_LIFETIME).issue(MEMBER, now=NOW)
    entry = generate_entry()

    assert AccessTokens(KeyRing(f"{entry},{TEST_KEYS}"), lifetime=TOKEN_LIFETIME).verify(older_token, now=NOW) == MEMBER
    with pytest.raises(BadToken):
        AccessTokens(KeyRing(entry), lifetime=TOKEN_LIFETIME).verify(older_token, now=NOW)


def test_verify_token_signed_with_other_key_raises_bad_token() -> None:
    entry = generate_entry()
    access_tokens = AccessTokens(KeyRing(f"{entry},{TEST_KEYS}"), lifetime=TOKEN_LIFETIME)
    swapped_token = sign_token(HEADER | {"kid": entry.partition(":")[0]}, CLAIMS)

    with pytest.raises(BadToken):
        access_tokens.verify(swapped_token, now=NOW)


def test_request_with_token_of_unknown_member_returns_401(service: Service) -> None:
    token = service.app.state.services.accounts.tokens.issue(SignedInMember(uuid4(), uuid4()), now=datetime.now(UTC))

    assert (
        MemberClient(service.client, "nobody@example.org", access_token=token).request("GET", "/v1/me").status_code
        == 401
    )


def test_request_with_session_of_other_member_returns_401(service: Service) -> None:
    ana, ben = service.register(), service.register()
    tokens, now = service.app.state.services.accounts.tokens, datetime.now(UTC)
    mismatched = SignedInMember(
        tokens.verify(ana.access_token, now=now).id, tokens.verify(ben.access_token, now=now).session_id
    )
    member = MemberClient(service.client, ana.email, access_token=tokens.issue(mismatched, now=now))

    assert member.request("GET", "/v1/me").status_code == 401


def test_python_jose_uses_only_cryptography_backend() -> None:
    """Check that python-jose never imports a pure Python backend such as ecdsa (CVE-2024-23342)."""
    backends = "{'ecdsa', 'rsa', 'pyasn1'}"
    code = f"import sys, app.main, jose.backends as b; print(b.HMACKey.__module__, *{backends} & set(sys.modules))"

    output = subprocess.check_output([sys.executable, "-c", code], text=True)

    assert output.split() == ["jose.backends.cryptography_backend"]
