"""Idempotent PUT requests: the client chooses the id and can safely repeat the request.

A keyed hash of the first body is stored, to distinguish a repeated request from a different one with the same id. The
key is derived from the user's encryption key. Without it, the stored answers can't be guessed from the hashes.
"""

import hmac
import json
from typing import Any

from app.core.errors import Conflict, FieldError, Gone

HMAC_LABEL = b"bodies under clients' ids"


class IdReused(Conflict):
    code = "id_reused"
    message = "This id was already used for other data. Please use a new one."

    def __init__(self, pointer: str) -> None:
        super().__init__(FieldError("path", pointer, "Use a new id for new data."))


class Deleted(Gone):
    code = "deleted"
    message = "The data with this id was deleted. It can't be restored."


def body_hash(key: bytes, body: Any) -> bytes:
    """Return a 32-byte keyed hash of a JSON body. The order of object keys does not matter."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hmac.digest(hmac.digest(key, HMAC_LABEL, "sha256"), text.encode(), "sha256")


def require_same_body(stored: bytes, received: bytes, *, pointer: str) -> None:
    """Raise IdReused if two body hashes differ. `pointer` names the path parameter that contains the id."""
    if not hmac.compare_digest(stored, received):
        raise IdReused(pointer)
