"""Tests for access tokens (JWTs): all invalid tokens get the same 401 response."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

from app.accounts.credentials.access_tokens import JOSE_BACKEND, AccessTokens, BadToken
from app.core.crypto.key_ring import KeyRing, generate_entry
from tests.conftest import TEST_KEYS
from tests.factories.services import MemberClient, Service
from tests.factories.tokens import CLAIMS, HEADER, ISSUED_AT, MEMBER, NOW, RING, TOKEN_LIFETIME, sign_token

TOKENS = AccessTokens(RING, lifetime=TOKEN_LIFETIME)


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {field: value for field, value in fields.items() if field != name}


def with_claims(**changes: Any) -> str:
    return sign_token(HEADER, CLAIMS | changes)


def with_header(**changes: Any) -> str:
    return sign_token(HEADER | changes, CLAIMS)


VALID_TOKEN = sign_token(HEADER, CLAIMS)
SIGNED_PART, _, SIGNATURE = VALID_TOKEN.rpartition(".")
CLAIMS_JSON = json.dumps(CLAIMS)

INVALID_TOKENS = {
    # format
    "empty": "",
    "no signature": f"{SIGNED_PART}.",
    "another part": f"{VALID_TOKEN}.a",
    "padding": f"{VALID_TOKEN}==",
    "a line break": f"{VALID_TOKEN}\n",
    "a lone surrogate": f"\ud800{VALID_TOKEN}",
    "a long header": sign_token(json.dumps(HEADER).encode() + b" " * 200, CLAIMS),
    "long claims": with_claims(jti="x" * 3000),
    # header
    "header not JSON": sign_token(b"HS256", CLAIMS),
    "header a list": sign_token([HEADER], CLAIMS),
    **{f"no {name}": sign_token(without(HEADER, name), CLAIMS) for name in HEADER},
    "alg none": with_header(alg="none"),
    "alg RS256": with_header(alg="RS256"),
    "alg an object": with_header(alg={"alg": "HS256"}),
    "typ of a plain JWT": with_header(typ="JWT"),
    "an unknown kid": with_header(kid="../../dev/null"),
    "kid a number": with_header(kid=1),
    "a key's address": with_header(jku="https://evil.example"),
    # signature
    "signed without a key": sign_token(HEADER, CLAIMS, key=b""),
    "signed with the secret of the ring": sign_token(HEADER, CLAIMS, key=TEST_KEYS.encode()),
    "signature of other claims": f"{SIGNED_PART}.{with_claims(jti='two').rpartition('.')[2]}",
    "other claims": f"{with_claims(jti='two').rpartition('.')[0]}.{SIGNATURE}",
    # claims
    **{f"no {name}": sign_token(HEADER, without(CLAIMS, name)) for name in CLAIMS},
    "claims not text": sign_token(HEADER, b"\xff\xfe\x00"),
    "claims a list": sign_token(HEADER, []),
    "claims of 2,000 brackets": sign_token(HEADER, b"[" * 2000),
    "an additional claim": with_claims(admin=True),
    "other issuer": with_claims(iss="someone"),
    "other audience": with_claims(aud="another-api"),
    "a list of audiences": with_claims(aud=["twentyone-api", "x"]),
    "sub a number": with_claims(sub=1),
    "sub without hyphens": with_claims(sub=MEMBER.id.hex),
    "sid null": with_claims(sid=None),
    "sid in upper case": with_claims(sid=str(MEMBER.session_id).upper()),
    "jti empty": with_claims(jti=""),
    "jti a number": with_claims(jti=1),
    "iat a text": with_claims(iat=str(ISSUED_AT)),
    "nbf a float": with_claims(nbf=float(ISSUED_AT)),
    "exp null": with_claims(exp=None),
    "exp a float": with_claims(exp=ISSUED_AT + 599.5),
    "exp infinite": sign_token(HEADER, CLAIMS_JSON.replace(str(ISSUED_AT + 600), "1e400").encode()),
    "exp a second too long": with_claims(exp=ISSUED_AT + 601),
    "expired": with_claims(iat=ISSUED_AT - 700, nbf=ISSUED_AT - 700, exp=ISSUED_AT - 100),
}
AUTHORIZATIONS_WITHOUT_BEARER_TOKEN = ("", "Bearer", "Basic YTpi", f"Token {VALID_TOKEN}")
INVALID_AUTHORIZATIONS = (
    "bearer x y",
    f"Bearer {INVALID_TOKENS['signed without a key']}",
    f"Bearer {INVALID_TOKENS['expired']}",
    "Bearer \u00e9.\u00e9.\u00e9",
    f"Bearer {'a' * 16_000}",
)


@pytest.fixture(autouse=True)
def freeze_time() -> Iterator[None]:
    """Freeze the system clock, because python-jose reads it to check the expiry."""
    with time_machine.travel(NOW):
        yield


def test_verify_valid_token_returns_member() -> None:
    assert TOKENS.verify(VALID_TOKEN, now=NOW) == MEMBER
    assert TOKENS.verify(TOKENS.issue(MEMBER, now=NOW), now=NOW) == MEMBER


@pytest.mark.parametrize("token", INVALID_TOKENS.values(), ids=INVALID_TOKENS)
def test_verify_invalid_token_raises_bad_token(token: str) -> None:
    with pytest.raises(BadToken):
        TOKENS.verify(token, now=NOW)


def test_request_without_valid_token_returns_same_body_and_challenge(shared_client: TestClient) -> None:
    problem = shared_client.get("/v1/me").json()
    assert problem["code"] == "not_signed_in"

    for authorization in AUTHORIZATIONS_WITHOUT_BEARER_TOKEN + INVALID_AUTHORIZATIONS:
        response = shared_client.get("/v1/me", headers=[(b"authorization", authorization.encode())])

        assert (response.status_code, response.json()) == (401, problem), authorization[:100]
        has_token = authorization in INVALID_AUTHORIZATIONS
        challenge = 'Bearer realm="twentyone"' + (', error="invalid_token"' if has_token else "")
        assert response.headers["www-authenticate"] == challenge, authorization[:100]


def test_bearer_scheme_is_case_insensitive(service: Service) -> None:
    member = service.register()

    assert service.client.get("/v1/me", headers={"Authorization": f"bearer {member.access_token}"}).status_code == 200


def test_request_with_token_of_unknown_member_returns_401(service: Service) -> None:
    token = service.app.state.services.accounts.tokens.issue(MEMBER, now=NOW)
    client = MemberClient(service.client, "nobody@example.org", access_token=token)

    assert client.request("GET", "/v1/me").status_code == 401


def test_verify_accepts_token_of_older_key_while_on_ring() -> None:
    entry = generate_entry()

    assert AccessTokens(KeyRing(f"{entry},{TEST_KEYS}"), lifetime=TOKEN_LIFETIME).verify(VALID_TOKEN, now=NOW) == MEMBER
    with pytest.raises(BadToken):
        AccessTokens(KeyRing(entry), lifetime=TOKEN_LIFETIME).verify(VALID_TOKEN, now=NOW)


def test_verify_token_signed_with_other_key_raises_bad_token() -> None:
    entry = generate_entry()
    access_tokens = AccessTokens(KeyRing(f"{entry},{TEST_KEYS}"), lifetime=TOKEN_LIFETIME)
    swapped_token = with_header(kid=entry.partition(":")[0])

    with pytest.raises(BadToken):
        access_tokens.verify(swapped_token, now=NOW)


def test_python_jose_uses_only_cryptography_backend() -> None:
    """Check that python-jose never imports a pure Python backend such as ecdsa (CVE-2024-23342)."""
    assert JOSE_BACKEND == "cryptography_backend"
    assert {"ecdsa", "rsa", "pyasn1"} & sys.modules.keys() == set()
