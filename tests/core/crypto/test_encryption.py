"""Tests for encryption: a value can be decrypted only with the same key and associated data."""

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
        ({"block_size": 13}, '{"a":"\u00fcber"}'),
        ({"block_size": 7}, '{"a":"\u00fcber"} '),
    ],
)
def test_encrypt_json_pads_compact_json_to_block_size(options: dict[str, int], text: str) -> None:
    encrypted = encrypt_json(KEY, {"a": "\u00fcber"}, associated_data="row 1", **options)

    assert decrypt(KEY, encrypted, associated_data="row 1").decode() == text
    assert len(encrypted) == 1 + 12 + len(text.encode()) + 16


def assert_not_decrypted(encrypted: bytes, *, key: bytes = KEY, associated_data: str = "row 1") -> None:
    with pytest.raises(DecryptionError) as error:
        decrypt(key, encrypted, associated_data=associated_data)
    assert str(error.value) == associated_data


def test_decrypt_with_another_key_or_row_raises_decryption_error() -> None:
    encrypted = encrypt(KEY, b"a text", associated_data="row 1")

    assert_not_decrypted(encrypted, key=generate_key())
    assert_not_decrypted(encrypted, associated_data="row 2")


def test_decrypt_of_value_with_any_changed_byte_raises_decryption_error() -> None:
    encrypted = encrypt(KEY, b"a text", associated_data="row 1")

    for position, byte in enumerate(encrypted):
        assert_not_decrypted(encrypted[:position])
        assert_not_decrypted(encrypted[:position] + bytes([byte ^ 1]) + encrypted[position + 1 :])
