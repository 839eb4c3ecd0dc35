"""Tests for codes in emails: their format, and that a stored hash belongs to one code for one purpose."""

import pytest
from pydantic import TypeAdapter, ValidationError

from app.accounts.credentials.email_codes import Code, CodeRejected, code_digest, generate_code, is_code
from app.core.crypto.key_ring import KeyRing
from app.core.errors import FieldError

OLD = "old:q0Jk5m2vYxT8eRZ1uWcA7nHd4sLpGfXb9iOyKtQzE3M"
NEW = "new:Qm5vYxT8eRZ1uWcA7nHd4sLpGfXb9iOyKtQzE3Mq0Jk"
CODE, CONTEXT = "48291537", "sign_in|a row"


def test_generated_codes_are_eight_digits_and_use_all_of_them() -> None:
    codes = [generate_code() for _ in range(300)]

    assert {len(code) for code in codes} == {8}
    for position in range(8):
        assert {code[position] for code in codes} == set("0123456789")


def test_hash_belongs_to_one_code_and_context() -> None:
    ring = KeyRing(OLD)
    digest = code_digest(ring, CONTEXT, CODE)

    assert is_code(ring, digest, CONTEXT, CODE)
    assert not is_code(ring, digest, CONTEXT, "48291538")
    assert not is_code(ring, digest, "reset|a row", CODE)
    assert not is_code(ring, None, CONTEXT, CODE)
    assert CODE not in digest


def test_hash_is_keyed_and_survives_key_rotation() -> None:
    digest = code_digest(KeyRing(OLD), CONTEXT, CODE)

    assert is_code(KeyRing(f"{NEW},{OLD}"), digest, CONTEXT, CODE)
    assert not is_code(KeyRing(NEW), digest, CONTEXT, CODE)
    assert code_digest(KeyRing(f"{NEW},{OLD}"), CONTEXT, CODE) == code_digest(KeyRing(NEW), CONTEXT, CODE)


@pytest.mark.parametrize("text", ["48291537", " 4829 1537\n", "4829-1537", "48-29-15-37"])
def test_code_is_accepted_with_separators(text: str) -> None:
    assert TypeAdapter(Code).validate_python(text) == CODE


@pytest.mark.parametrize(
    "value", ["", "4829153", "482915377", "4829153a", "٤٨٢٩١٥٣٧", "+4829153", 48291537, None, "4829\x001537"]
)
def test_other_codes_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Code).validate_python(value)


def test_rejected_code_names_the_field() -> None:
    assert CodeRejected().errors == (FieldError("body", "/code", CodeRejected.message),)
