"""Users with their devices, and the ledger of their acknowledged writes."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Key = tuple[Any, ...]  # a kind of data with ids, such as ("result", id) or ("note", run_id, 3, "reflection")
PASSWORD, NAME, CONSENT = ("password",), ("name",), ("consent",)
HEALTH_DATA = {"result", "draft", "note"}
ALL_DATA = HEALTH_DATA | {"password", "name", "consent", "session", "bookmark"}
ALL_DATA |= {"run", "status", "time_zone", "reminder_time", "day"}
ANY_DEVICE = 5
UNKNOWN = datetime.max.replace(tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Change:
    """An acknowledged write: new values (None for removed), and kinds of data whose other values it removed."""

    values: Mapping[Key, Any] = field(default_factory=dict)
    removed: Collection[str] = ()
    kept: Key | None = None

    def removes(self, key: Key) -> bool:
        return key[0] in self.removed and key not in self.values and key != self.kept


class Ledger(dict[Key, frozenset[Any]]):
    """The values that each piece of data can have. None means that there is no value."""

    def __missing__(self, key: Key) -> frozenset[Any]:
        return frozenset({None})

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply changes of concurrent requests. Their order is unknown, so the last one can be any of them."""
        changes = list(changes)
        for key in {*self, *(key for change in changes for key in change.values)}:
            values = {change.values[key] for change in changes if key in change.values}
            values |= {None for change in changes if change.removes(key)}
            self[key] = frozenset(values) or self[key]


@dataclass(eq=False, repr=False)
class Device:
    session_id: str
    member_id: str
    access_token: str = ""
    access_until: datetime = UNKNOWN
    session_until: datetime = UNKNOWN  # according to the latest export
    refresh_tokens: list[str] = field(default_factory=list)  # oldest first

    @property
    def key(self) -> Key:
        return ("session", self.session_id)


@dataclass(eq=False, repr=False)
class User:
    """A person with an email address, who may have an account. All texts of the user contain the canary word."""

    index: int
    canary: str
    ledger: Ledger = field(default_factory=Ledger)
    devices: dict[str, Device] = field(default_factory=dict)  # by session id, oldest first
    runs: dict[str, int] = field(default_factory=dict)  # number of unlocked days by run id, oldest run first
    last_batch: list[Any] = field(default_factory=list)  # of offline changes
    code: str = "00000000"  # the latest sign-in code
    verified_id: str = ""  # of the member whose email address is verified

    @property
    def email(self) -> str:
        return f"{self.canary}@example.org"

    @property
    def passwords(self) -> tuple[str, str]:
        return f"the {self.canary} hums over wet slate", f"no {self.canary} sleeps under warm tiles"

    @property
    def password(self) -> str:
        return next((value for value in self.ledger[PASSWORD] if value), self.passwords[0])

    def store_tokens(self, tokens: Any) -> Device:
        payload = tokens["access_token"].split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        device = self.devices.setdefault(claims["sid"], Device(claims["sid"], claims["sub"]))
        device.access_token = tokens["access_token"]
        device.access_until = now() + timedelta(seconds=tokens["expires_in"])
        if tokens["refresh_token"] not in device.refresh_tokens:
            device.refresh_tokens.append(tokens["refresh_token"])
        return device

    def is_usable(self, device: Device) -> bool:
        return self.ledger[device.key] == {True} and now() < device.access_until

    def device(self, index: int) -> Device:
        """Return a device that can be used, or any device for the index ANY_DEVICE. Newer precede older ones."""
        newest_first = [*self.devices.values()][::-1] or [Device("none", "none", refresh_tokens=["none"])]
        usable = [device for device in newest_first if self.is_usable(device) and index != ANY_DEVICE]
        devices = usable or newest_first
        return devices[index % len(devices)]
