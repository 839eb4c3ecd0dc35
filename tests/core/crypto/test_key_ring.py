"""Tests for the key ring (the list of configured secrets) and the keys derived from it."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.core.crypto.key_ring import (
    DEVELOPMENT_PREFIX,
    InvalidKeyRing,
    KeyRing,
    UnknownKey,
    generate_entry,
    load_or_create_ring,
)

SECRET = "q0Jk5m2vYxT8eRZ1uWcA7nHd4sLpGfXb9iOyKtQzE3M"


def test_first_secret_is_current_and_all_derive_keys() -> None:
    old, new = generate_entry("old-"), generate_entry("new-")
    ring = KeyRing(f"{new}, {old}")

    assert [key_id[:4] for key_id in ring.ids] == ["new-", "old-"]
    assert ring.current == ring.ids[0]
    assert ring.key(ring.ids[1], "mail") == KeyRing(old).key(ring.ids[1], "mail")


def test_each_purpose_has_its_own_key_of_32_bytes() -> None:
    ring = KeyRing(f"a:{SECRET}")

    keys = {ring.key("a", purpose) for purpose in ("mail", "tokens", "addresses")}

    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)


def test_key_with_unknown_id_raises_unknown_key_with_the_id() -> None:
    with pytest.raises(UnknownKey, match="'b'"):
        KeyRing(f"a:{SECRET}").key("b", "mail")


@pytest.mark.parametrize(
    "text",
    [
        "",
        f":{SECRET}",
        f"a:{SECRET}!",
        "a:short",
        f"a:{SECRET[:42]}",  # 31 bytes
        "a:" + "secret" * 12,  # not random
        f"a:{SECRET},b:{SECRET}",
        f"a:{SECRET},a:{SECRET[::-1]}",
        f"a:{SECRET},",
    ],
)
def test_invalid_key_ring_is_rejected_without_showing_it(text: str) -> None:
    with pytest.raises(InvalidKeyRing) as error:
        KeyRing(text)

    assert SECRET[:10] not in str(error.value)


def test_repr_of_key_ring_contains_no_secret() -> None:
    assert SECRET not in repr(KeyRing(f"a:{SECRET}")) + str(vars(KeyRing(f"a:{SECRET}")))


def test_load_or_create_ring_creates_one_private_file_concurrently(tmp_path: Path) -> None:
    path = tmp_path / "var" / "keys"

    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: load_or_create_ring(path).ids, range(8)))

    assert len(set(rings)) == 1
    assert rings[0][0].startswith(DEVELOPMENT_PREFIX)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["keys"]


def test_serve_command_without_keys_in_production_exits_with_2(tmp_path: Path) -> None:
    environment = {
        "TWENTYONE_ENVIRONMENT": "production",
        "TWENTYONE_SITE_URL": "https://www.example.org",
        "TWENTYONE_VAR_DIR": str(tmp_path),
    }

    result = CliRunner().invoke(app, ["serve", "--port", "0"], env=environment)

    assert result.exit_code == 2
    assert "TWENTYONE_KEYS" in result.stderr
    assert list(tmp_path.iterdir()) == []
