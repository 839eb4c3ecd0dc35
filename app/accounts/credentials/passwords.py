"""Passwords: how good one must be, and how it is kept.

A hash takes tens of milliseconds and 19 MiB: callers of `hashed` and `verify` hold a place of `PasswordCapacity`
(`web/rate_limits.py`) and no database connection.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable
from secrets import token_urlsafe
from typing import Annotated, NamedTuple

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import Field
from zxcvbn import zxcvbn

from app.core.errors import BadInput, FieldError
from app.core.settings import LEAST_KIBIBYTES
from app.core.text_fields import Storable

LONGEST = 256
GOOD_SCORE = 3  # of 4: over 10^8 guesses, "safely unguessable" by Wheeler (2016), section 5
MAY_BE_LETTERS = frozenset("@({[<!|$+%")
TRIED = 2  # of them
READ = 72  # characters that zxcvbn takes
OUR_WORDS = ("twentyone", "21twentyone", "twentyone21", "twenty", "one", "21", "journey", "relationship")
PASSES, LANES = 2, 1  # beside the memory that is set; OWASP's Password Storage Cheat Sheet, for Argon2id

Password = Annotated[str, Storable, Field(max_length=LONGEST, examples=["a kettle sings in the rain"])]

_scoring = threading.Lock()  # zxcvbn keeps the words of a call in a global


class WeakPassword(BadInput):
    code = "weak_password"
    says = "This password is too easy to guess."

    def __init__(self, why: str, pointer: str) -> None:
        super().__init__(FieldError("body", pointer, why))


class PasswordCheck(NamedTuple):
    is_right: bool
    better_hash: str | None  # of the same password, where the stored hash is of older parameters


class Passwords:
    def __init__(self, *, least: int, kibibytes: int = LEAST_KIBIBYTES) -> None:
        """`least` characters of a new password, and the memory that a hash takes."""
        self._least = least
        self._hasher = PasswordHash([Argon2Hasher(time_cost=PASSES, memory_cost=kibibytes, parallelism=LANES)])
        self._nobodys = self._hasher.hash(token_urlsafe())

    def check(self, password: str, *, words: Iterable[str], pointer: str = "/password") -> None:
        """Raises WeakPassword. `words` are the member's own, which others would try first."""
        if len(password) < self._least:
            raise WeakPassword(f"Use at least {self._least} characters; a few unrelated words work well.", pointer)
        with _scoring:
            score = zxcvbn(_quick(password[:READ]), user_inputs=[*OUR_WORDS, *_parts(words)])["score"]
        if score < GOOD_SCORE:
            raise WeakPassword("Make it longer, or avoid names, dates and common phrases.", pointer)

    def hashed(self, password: str) -> str:
        return self._hasher.hash(_normal(password))

    def verify(self, password: str, password_hash: str | None) -> PasswordCheck:
        """Takes as long when there is no hash to compare with."""
        is_right, better = self._hasher.verify_and_update(_normal(password), password_hash or self._nobodys)
        return PasswordCheck(is_right and password_hash is not None, better if password_hash else None)


def _normal(password: str) -> str:
    """Keyboards differ in how they write the same letter (RFC 8265, 4.2)."""
    return unicodedata.normalize("NFC", password)


def _quick(password: str) -> str:
    """With few kinds of those characters that may stand for a letter (`@` for a): zxcvbn tries every way to read them
    all, which takes seconds for a dozen kinds.
    """
    many = list(dict.fromkeys(letter for letter in password if letter in MAY_BE_LETTERS))
    return password.translate({ord(letter): "~" for letter in many[TRIED:]})


def _parts(words: Iterable[str]) -> Iterable[str]:
    """Words as people would build a password from them: whole, piece by piece, and the pieces run together."""
    for word in words:
        name = word.partition("@")[0]
        pieces = re.findall(r"\w+", word)
        yield from (word, name, *pieces, "".join(re.findall(r"\w+", name)))
