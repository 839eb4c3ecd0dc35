"""PUT under an id that the client chose: a repeat is told from another use of the id, and from what was deleted.

Kept is a keyed hash of the body that came first. The member's own key makes it: who has the database alone can't try
out which answers were sent.
"""

import hmac
import json
from typing import Any

from app.core.errors import Conflict, FieldError, Gone

LABEL = b"bodies under clients' ids"


class IdReused(Conflict):
    code = "id_reused"
    says = "This id was used for something else. Please choose a new one."

    def __init__(self, pointer: str) -> None:
        super().__init__(FieldError("path", pointer, "Choose a new id for something new."))


class Deleted(Gone):
    code = "deleted"
    says = "What had this id was deleted. It isn't brought back."


def body_hash(key: bytes, body: Any) -> bytes:
    """Alike for bodies that say the same; 32 bytes."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hmac.digest(hmac.digest(key, LABEL, "sha256"), text.encode(), "sha256")


def check_same(kept: bytes, sent: bytes, *, pointer: str) -> None:
    """Raises IdReused, which names the path's parameter."""
    if not hmac.compare_digest(kept, sent):
        raise IdReused(pointer)
