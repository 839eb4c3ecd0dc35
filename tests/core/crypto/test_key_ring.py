"""The ring of secrets, and the keys derived from it."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.core.crypto.key_ring import DEVELOPMENT, BadKeys, KeyRing, UnknownKey, kept_ring, new_entry

GOOD = "q0Jk5m2vYxT8eRZ1uWcA7nHd4sLpGfXb9iOyKtQzE3M"
ROOT = Path(__file__).parents[3]


def test_the_first_secret_is_in_use_and_all_can_be_asked() -> None:
    old, new = new_entry("old-"), new_entry("new-")
    ring = KeyRing(f"{new}, {old}")

    assert [key_id[:4] for key_id in ring.ids] == ["new-", "old-"]
    assert ring.current == ring.ids[0]
    assert ring.key(ring.ids[1], "mail") == KeyRing(old).key(ring.ids[1], "mail")


def test_each_purpose_has_a_key_of_its_own() -> None:
    ring = KeyRing(f"a:{GOOD}")

    keys = {ring.key("a", purpose) for purpose in ("mail", "tokens", "addresses")}

    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)


def test_a_secret_that_is_not_on_the_ring_is_named() -> None:
    with pytest.raises(UnknownKey, match="'b'"):
        KeyRing(f"a:{GOOD}").key("b", "mail")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "a",
        "a:",
        f":{GOOD}",
        f"a b:{GOOD}",
        "a:short",
        f"a:{GOOD[:42]}",
        f"a:{GOOD}!",
        "a:" + "A" * 60,
        "a:" + "secret" * 12,
        f"a:{GOOD},b:{GOOD}",
        f"a:{GOOD},a:{GOOD[::-1]}",
        f"a:{GOOD},",
    ],
)
def test_a_ring_that_is_not_good_enough_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(BadKeys) as refused:
        KeyRing(text)

    assert GOOD[:10] not in str(refused.value)


def test_no_secret_shows_in_a_ring() -> None:
    assert GOOD not in repr(KeyRing(f"a:{GOOD}")) + str(vars(KeyRing(f"a:{GOOD}")))


def test_in_development_a_ring_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "keys"

    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: kept_ring(path).ids, range(8)))

    assert len(set(rings)) == 1
    assert rings[0][0].startswith(DEVELOPMENT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["keys"]


@pytest.mark.parametrize("keys", [None, f"{DEVELOPMENT}a:{GOOD}"])
def test_production_does_not_start_without_good_keys(tmp_path: Path, keys: str | None) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TWENTYONE_")} | {
        "TWENTYONE_ENVIRONMENT": "production",
        "TWENTYONE_SITE_URL": "https://www.example.org",
        "TWENTYONE_VAR_DIR": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }
    if keys:
        environment["TWENTYONE_KEYS"] = keys
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "0"]

    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 2
    assert "TWENTYONE_KEYS" in ended.stderr
    assert GOOD[:10] not in ended.stdout + ended.stderr
    assert list(tmp_path.iterdir()) == []
