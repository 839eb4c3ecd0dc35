"""Tests for encryption: a value can be decrypted only with the same key and associated data."""

from collections.abc import Callable

import pytest

from app.core.crypto.encryption import DecryptionError, decrypt, decrypt_json, encrypt, encrypt_json, generate_key

KEY = generate_key()


def test_generate_key_returns_new_key_of_32_bytes() -> None:
    assert len(KEY) == 32
    assert generate_key() != generate_key()


def test_encrypt_twice_gives_different_values_that_decrypt_to_the_text() -> None:
    first, second = (encrypt(KEY, b"a text", associated_data="row 1") for _ in range(2))

    assert first != second
    assert decrypt(KEY, first, associated_data="row 1") == decrypt(KEY, second, associated_data="row 1") == b"a text"
    assert b"a text" not in first


def test_encrypt_json_and_decrypt_json_round_trip() -> None:
    value = {"mood": 3, "text": "\u00fcber \u2615", "none": None}

    assert decrypt_json(KEY, encrypt_json(KEY, value, associated_data="row 1"), associated_data="row 1") == value


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, '{"a":"\u00fcber"}'),
        ({"block_size": 1}, '{"a":"\u00fcber"}'),
        ({"block_size": 7}, '{"a":"\u00fcber"} '),
        ({"block_size": 13}, '{"a":"\u00fcber"}'),
        ({"block_size": 64}, '{"a":"\u00fcber"}' + " " * 51),
    ],
)
def test_encrypt_json_pads_compact_json_to_block_size(options: dict[str, int], text: str) -> None:
    encrypted = encrypt_json(KEY, {"a": "\u00fcber"}, associated_data="row 1", **options)

    assert decrypt(KEY, encrypted, associated_data="row 1").decode() == text
    assert len(encrypted) == 1 + 12 + len(text.encode()) + 16


@pytest.mark.parametrize(
    "tamper",
    [
        lambda encrypted: (generate_key(), encrypted, "row 1"),
        lambda encrypted: (KEY, encrypted, "row 2"),
        lambda encrypted: (KEY, encrypted[:-1], "row 1"),
        lambda encrypted: (KEY, encrypted[:20], "row 1"),
        lambda encrypted: (KEY, encrypted[:0], "row 1"),
        lambda encrypted: (KEY, b"\x02" + encrypted[1:], "row 1"),
        lambda encrypted: (KEY, encrypted[:13] + bytes([encrypted[13] ^ 1]) + encrypted[14:], "row 1"),
        lambda encrypted: (KEY, encrypted[:1] + bytes(12) + encrypted[13:], "row 1"),
    ],
)
def test_decrypt_of_changed_or_moved_value_raises_decryption_error(
    tamper: Callable[[bytes], tuple[bytes, bytes, str]],
) -> None:
    key, encrypted, associated_data = tamper(encrypt(KEY, b"a text", associated_data="row 1"))

    with pytest.raises(DecryptionError) as error:
        decrypt(key, encrypted, associated_data=associated_data)

    assert str(error.value) == associated_data
