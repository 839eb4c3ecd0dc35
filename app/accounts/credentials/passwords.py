"""Check the strength of passwords, and hash and verify them with Argon2id.

Hashing takes tens of milliseconds and 19 MiB of memory. Callers must limit how many hashes run at once
(`PasswordCapacity` in `web/rate_limits.py`), and should not occupy a database connection during hashing.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable
from secrets import token_urlsafe
from typing import Annotated, Any, NamedTuple

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import BeforeValidator, Field
from zxcvbn import zxcvbn

from app.core.errors import FieldError, InvalidInput
from app.core.settings import MIN_PASSWORD_KIBIBYTES
from app.core.text_fields import Storable

MAX_PASSWORD_LENGTH = 256
MAX_NFC_COMPRESSION = 4  # NFC replaces at most four characters with one
MIN_SCORE = 3  # on zxcvbn's scale of 0 to 4: over 10^8 guesses, "safely unguessable" (Wheeler, 2016, section 5)
LETTER_SUBSTITUTES = frozenset("@({[<!|$+%")
MAX_SUBSTITUTE_KINDS = 2  # different letter substitutes, such as `@` for `a`, that are passed to zxcvbn
MAX_SCORED_LENGTH = 72  # zxcvbn rejects longer passwords with an error
SITE_WORDS = ("twentyone", "21twentyone", "twentyone21", "twenty", "one", "21", "journey", "relationship")
TIME_COST, PARALLELISM = 2, 1  # Argon2id parameters from the OWASP Password Storage Cheat Sheet


def normalize_password(password: str) -> str:
    """Return a password with ASCII spaces and in NFC (RFC 8265, section 4.2, OpaqueString).

    Devices enter the same letter or space as different characters.
    """
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in password)
    return unicodedata.normalize("NFC", spaced)


def _normalize_before_length_check(value: Any) -> Any:
    """Normalize a password unless it is too long in any case, because NFC takes quadratic time for some texts."""
    is_normalizable = isinstance(value, str) and len(value) <= MAX_PASSWORD_LENGTH * MAX_NFC_COMPRESSION
    return normalize_password(value) if is_normalizable else value


Password = Annotated[
    str,
    Field(max_length=MAX_PASSWORD_LENGTH, examples=["a kettle sings in the rain"]),
    Storable,
    BeforeValidator(_normalize_before_length_check),
]

_zxcvbn_lock = threading.Lock()  # zxcvbn is not thread-safe: it stores `user_inputs` in a global variable


class WeakPassword(InvalidInput):
    code = "weak_password"
    message = "This password is too easy to guess. Please choose another one."

    def __init__(self, reason: str, pointer: str) -> None:
        super().__init__(FieldError("body", pointer, reason))


class PasswordMatch(NamedTuple):
    is_match: bool
    updated_hash: str | None  # a new hash to store, if the stored one uses outdated parameters


class Passwords:
    def __init__(self, *, min_length: int, memory_kibibytes: int = MIN_PASSWORD_KIBIBYTES) -> None:
        self._min_length = min_length
        self._hasher = PasswordHash(
            [Argon2Hasher(time_cost=TIME_COST, memory_cost=memory_kibibytes, parallelism=PARALLELISM)]
        )
        self._dummy_hash = self._hasher.hash(token_urlsafe())

    def check_strength(self, password: str, *, words: Iterable[str], pointer: str = "/password") -> None:
        """Raise WeakPassword if a password is too short or too easy to guess.

        `words` are personal words that an attacker would try, such as the member's name.
        """
        password = normalize_password(password)
        if len(password) < self._min_length:
            raise WeakPassword(f"Use at least {self._min_length} characters; a few unrelated words work well.", pointer)
        with _zxcvbn_lock:
            score = zxcvbn(
                _limit_substitutes(password[:MAX_SCORED_LENGTH]), user_inputs=[*SITE_WORDS, *_word_variants(words)]
            )["score"]
        if score < MIN_SCORE:
            raise WeakPassword("Make it longer, or avoid names, dates and common phrases.", pointer)

    def hash_password(self, password: str) -> str:
        return self._hasher.hash(normalize_password(password))

    def verify(self, password: str, password_hash: str | None) -> PasswordMatch:
        """Compare a password with a stored hash.

        If there is no hash, return no match after the same time, so that the timing does not reveal whether an account
        exists.
        """
        is_match, updated_hash = self._hasher.verify_and_update(
            normalize_password(password), password_hash or self._dummy_hash
        )
        return PasswordMatch(is_match and password_hash is not None, updated_hash if password_hash else None)


def _limit_substitutes(password: str) -> str:
    """Keep only the first two kinds of letter substitutes in a password, such as `@` for `a`.

    Others are replaced by `~`, because zxcvbn evaluates all combinations of substitutions, which takes seconds for a
    dozen kinds.
    """
    substitutes = list(dict.fromkeys(character for character in password if character in LETTER_SUBSTITUTES))
    return password.translate({ord(character): "~" for character in substitutes[MAX_SUBSTITUTE_KINDS:]})


def _word_variants(words: Iterable[str]) -> Iterable[str]:
    """Yield the forms in which a word can occur in a password: whole, its parts, and its parts joined."""
    for word in words:
        name = word.partition("@")[0]
        pieces = re.findall(r"\w+", word)
        yield from (word, name, *pieces, "".join(re.findall(r"\w+", name)))
