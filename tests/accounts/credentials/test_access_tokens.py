"""Access tokens: whatever is wrong with one, the answer is one 401, and never a 500."""

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
from app.core.crypto.key_ring import KeyRing, new_entry
from tests.conftest import KEYS
from tests.factories.services import Person, Service
from tests.factories.tokens import ACCESS, CLAIMS, GOOD_FOR, HEADER, NOW, RING, SECOND, encoded, made

TOKENS = AccessTokens(RING, good_for=GOOD_FOR)
PUBLIC = ec.generate_private_key(ec.SECP256R1()).public_key()
INFO = serialization.PublicFormat.SubjectPublicKeyInfo
DER = PUBLIC.public_bytes(serialization.Encoding.DER, INFO)
PEM = PUBLIC.public_bytes(serialization.Encoding.PEM, INFO)


def with_claims(**changed: Any) -> str:
    return made(HEADER, CLAIMS | changed)


def without(name: str) -> str:
    return made(HEADER, {claim: value for claim, value in CLAIMS.items() if claim != name})


def with_header(**changed: Any) -> str:
    return made(HEADER | changed, CLAIMS)


@pytest.fixture(autouse=True)
def at_the_moment_of_tokens() -> Iterator[None]:
    """python-jose looks at the clock itself, and the suite may come here late."""
    with time_machine.travel(NOW):
        yield


GOOD = made(HEADER, CLAIMS)
RAW = json.dumps(CLAIMS)

HOSTILE: dict[str, Callable[[], str]] = {
    **{f"no {name}": partial(without, name) for name in CLAIMS},
    "no typ": lambda: made({"alg": "HS256", "kid": RING.current}, CLAIMS),
    "no kid": lambda: made({"alg": "HS256", "typ": "at+jwt"}, CLAIMS),
    "typ of a plain JWT": lambda: with_header(typ="JWT"),
    "typ of a refresh token": lambda: with_header(typ="rt+jwt"),
    "typ in capitals": lambda: with_header(typ="AT+JWT"),
    "unknown kid": lambda: with_header(kid="zz"),
    "kid a number": lambda: with_header(kid=1),
    "kid a path": lambda: with_header(kid="../../dev/null"),
    "alg none": lambda: f"{encoded(json.dumps(HEADER | {'alg': 'none'}).encode())}.{encoded(RAW.encode())}.",
    "alg none with a signature": lambda: with_header(alg="none"),
    "alg HS512": lambda: made(HEADER | {"alg": "HS512"}, CLAIMS, digest="sha512"),
    "alg HS384": lambda: made(HEADER | {"alg": "HS384"}, CLAIMS, digest="sha384"),
    "alg RS256": lambda: with_header(alg="RS256"),
    "alg a number": lambda: with_header(alg=1),
    "HS256 under a DER public key": lambda: made(HEADER, CLAIMS, key=DER),
    "HS256 under a PEM public key": lambda: made(HEADER, CLAIMS, key=PEM),
    "HS256 under no key": lambda: made(HEADER, CLAIMS, key=b""),
    "HS256 under the ring's secret": lambda: made(HEADER, CLAIMS, key=KEYS.encode()),
    "crit": lambda: with_header(crit=["exp"]),
    "a key in the header": lambda: with_header(jwk={}),
    "a key's address in the header": lambda: with_header(jku="https://evil.example"),
    "another issuer": lambda: with_claims(iss="someone"),
    "another audience": lambda: with_claims(aud="another-api"),
    "a list of audiences": lambda: with_claims(aud=["twentyone-api", "x"]),
    "one more claim": lambda: with_claims(admin=True),
    "sub a number": lambda: with_claims(sub=1),
    "sub empty": lambda: with_claims(sub=""),
    "sub no id": lambda: with_claims(sub="me"),
    "sub in another spelling": lambda: with_claims(sub=ACCESS.id.hex),
    "sid no id": lambda: with_claims(sid="mine"),
    "sid null": lambda: with_claims(sid=None),
    "jti empty": lambda: with_claims(jti=""),
    "expired": lambda: with_claims(iat=SECOND - 700, nbf=SECOND - 700, exp=SECOND - 100),
    "expired this very second": lambda: with_claims(iat=SECOND - 600, nbf=SECOND - 600, exp=SECOND),
    "exp null": lambda: with_claims(exp=None),
    "exp a text": lambda: with_claims(exp=str(SECOND + 600)),
    "exp a float": lambda: with_claims(exp=SECOND + 599.5),
    "exp true": lambda: with_claims(exp=True),
    "exp a list": lambda: with_claims(exp=[SECOND]),
    "exp endless": lambda: made(HEADER, RAW.replace(str(SECOND + 600), "1e400").encode()),
    "exp of 5,000 digits": lambda: made(HEADER, RAW.replace(str(SECOND + 600), "9" * 2900).encode()),
    "exp in a hundred years": lambda: with_claims(exp=SECOND + 3_000_000_000),
    "exp a second too long": lambda: with_claims(exp=SECOND + 601),
    "iat in the future": lambda: with_claims(iat=SECOND + 3600, nbf=SECOND, exp=SECOND + 3900),
    "nbf in the future": lambda: with_claims(nbf=SECOND + 300),
    "iat a text": lambda: with_claims(iat="now"),
    "claims twice, the worse last": lambda: made(HEADER, (RAW[:-1] + ', "sub": "me"}').encode()),
    "a header of 1,000 brackets": lambda: f"{encoded(b'[' * 1000)}.e30.{'A' * 43}",
    "a nested header": lambda: made(b'{"alg":{"alg":"HS256"}}', CLAIMS),
    "a header that is a list": lambda: made([HEADER], CLAIMS),
    "a header that is no JSON": lambda: made(b"HS256", CLAIMS),
    "claims of 2,000 brackets": lambda: made(HEADER, b"[" * 2000),
    "deep claims": lambda: made(HEADER, b'{"a":' * 400 + b"1" + b"}" * 400),
    "claims that are a list": lambda: made(HEADER, []),
    "claims that are null": lambda: made(HEADER, None),
    "claims that are no text": lambda: made(HEADER, b"\xff\xfe\x00"),
    "padding after the signature": lambda: f"{GOOD}==",
    "junk in the signature": lambda: f"{GOOD[:-3]}!{GOOD[-2:]}",
    "no signature": lambda: GOOD.rpartition(".")[0] + ".",
    "another signature": lambda: GOOD[:-4] + ("AAAA" if GOOD[-4:] != "AAAA" else "BBBB"),
    "a line break": lambda: f"{GOOD}\n",
    "a NUL": lambda: f"{GOOD}\0",
    "a lone surrogate": lambda: f"\ud800.{GOOD}",
    "letters beyond ASCII": lambda: "é.é.é",
    "five parts": lambda: "a.b.c.d.e",
    "two parts": lambda: "a.b",
    "nothing": lambda: "",
    "a megabyte": lambda: "a" * 1_000_000,
}


def test_a_good_token_says_whom_it_speaks_for() -> None:
    assert TOKENS.read(GOOD, now=NOW) == ACCESS
    assert TOKENS.read(TOKENS.issue(ACCESS, now=NOW), now=NOW) == ACCESS


def test_there_are_more_hostile_tokens_than_the_known_ones() -> None:
    assert len(HOSTILE) > 60
    assert len(HOSTILE["a header of 1,000 brackets"]().partition(".")[0]) == 1334


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_token_is_refused(name: str) -> None:
    with pytest.raises(BadToken):
        TOKENS.read(HOSTILE[name](), now=NOW)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_token_is_one_401_over_http(reader: TestClient, name: str) -> None:
    token = HOSTILE[name]().encode("utf-8", "replace")[:16_000]

    reply = reader.get("/v1/me", headers=[(b"authorization", b"Bearer " + token)])

    assert reply.status_code == 401
    assert reply.json()["code"] == "not_signed_in"
    assert reply.json() == reader.get("/v1/me").json()
    assert reply.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "bearer x y"])
def test_another_kind_of_header_is_the_same_401(reader: TestClient, header: str) -> None:
    reply = reader.get("/v1/me", headers={"Authorization": header})

    assert (reply.status_code, reply.json()["code"]) == (401, "not_signed_in")


def test_the_token_counts_wherever_upper_and_lower_case_stand_in_bearer(service: Service) -> None:
    person = service.register()

    assert service.client.get("/v1/me", headers={"Authorization": f"bearer {person.access}"}).status_code == 200


def test_a_token_of_an_older_secret_is_good_while_that_is_on_the_ring() -> None:
    older = AccessTokens(RING, good_for=GOOD_FOR).issue(ACCESS, now=NOW)
    entry = new_entry()

    assert AccessTokens(KeyRing(f"{entry},{KEYS}"), good_for=GOOD_FOR).read(older, now=NOW) == ACCESS
    with pytest.raises(BadToken):
        AccessTokens(KeyRing(entry), good_for=GOOD_FOR).read(older, now=NOW)


def test_a_token_that_names_one_secret_and_is_signed_by_another_is_refused() -> None:
    entry = new_entry()
    both = AccessTokens(KeyRing(f"{entry},{KEYS}"), good_for=GOOD_FOR)
    swapped = made(HEADER | {"kid": entry.partition(":")[0]}, CLAIMS)

    with pytest.raises(BadToken):
        both.read(swapped, now=NOW)


def test_a_token_for_somebody_who_is_not_there_is_refused(service: Service) -> None:
    token = service.app.state.services.accounts.tokens.issue(SignedInMember(uuid4(), uuid4()), now=datetime.now(UTC))

    assert Person(service.client, "nobody@example.org", access=token).ask("GET", "/v1/me").status_code == 401


def test_a_session_speaks_for_its_own_member_only(service: Service) -> None:
    ana, ben = service.register(), service.register()
    tokens, now = service.app.state.services.accounts.tokens, datetime.now(UTC)
    mixed = SignedInMember(tokens.read(ana.access, now=now).id, tokens.read(ben.access, now=now).session_id)
    person = Person(service.client, ana.address, access=tokens.issue(mixed, now=now))

    assert person.ask("GET", "/v1/me").status_code == 401


def test_python_jose_works_by_cryptography_alone() -> None:
    """CVE-2024-23342 of ecdsa can't matter: neither it nor the other pure Python backends are ever imported."""
    slow = "{'ecdsa', 'rsa', 'pyasn1'}"
    code = f"import sys, app.main, jose.backends as b; print(b.HMACKey.__module__, *{slow} & set(sys.modules))"

    said = subprocess.check_output([sys.executable, "-c", code], text=True)

    assert said.split() == ["jose.backends.cryptography_backend"]
