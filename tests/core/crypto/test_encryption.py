"""Sealed texts: they open where they were sealed, under the key they were sealed with, or not at all."""

from collections.abc import Callable

import pytest

from app.core.crypto.encryption import Broken, new_key, seal, seal_json, unseal, unseal_json

KEY = new_key()


def test_a_key_is_new_and_of_256_bits() -> None:
    assert len(KEY) == 32
    assert new_key() != new_key()


def test_what_is_sealed_opens_again_and_is_never_the_same_twice() -> None:
    first, second = (seal(KEY, b"a text", bound_to="here") for _ in range(2))

    assert first != second
    assert unseal(KEY, first, bound_to="here") == unseal(KEY, second, bound_to="here") == b"a text"
    assert b"a text" not in first


def test_values_are_sealed_too() -> None:
    value = {"mood": 3, "text": "\u00fcber \u2615", "none": None}

    assert unseal_json(KEY, seal_json(KEY, value, bound_to="here"), bound_to="here") == value


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ({}, '{"a":"\u00fcber"}'),
        ({"steps": 1}, '{"a":"\u00fcber"}'),
        ({"steps": 7}, '{"a":"\u00fcber"} '),
        ({"steps": 13}, '{"a":"\u00fcber"}'),
        ({"steps": 64}, '{"a":"\u00fcber"}' + " " * 51),
    ],
)
def test_a_value_is_written_shortly_and_filled_up_to_a_step(steps: dict[str, int], text: str) -> None:
    sealed = seal_json(KEY, {"a": "\u00fcber"}, bound_to="here", **steps)

    assert unseal(KEY, sealed, bound_to="here").decode() == text
    assert len(sealed) == 1 + 12 + len(text.encode()) + 16


@pytest.mark.parametrize(
    "broken",
    [
        lambda sealed: (new_key(), sealed, "here"),
        lambda sealed: (KEY, sealed, "there"),
        lambda sealed: (KEY, sealed[:-1], "here"),
        lambda sealed: (KEY, sealed[:20], "here"),
        lambda sealed: (KEY, sealed[:0], "here"),
        lambda sealed: (KEY, b"\x02" + sealed[1:], "here"),
        lambda sealed: (KEY, sealed[:13] + bytes([sealed[13] ^ 1]) + sealed[14:], "here"),
        lambda sealed: (KEY, sealed[:1] + bytes(12) + sealed[13:], "here"),
    ],
)
def test_what_was_changed_or_moved_does_not_open(broken: Callable[[bytes], tuple[bytes, bytes, str]]) -> None:
    key, sealed, place = broken(seal(KEY, b"a text", bound_to="here"))

    with pytest.raises(Broken) as refused:
        unseal(key, sealed, bound_to=place)

    assert str(refused.value) == place
