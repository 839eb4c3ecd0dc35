"""What the process keeps of the memory that it asked for."""

import ctypes
import gc
from collections.abc import Callable
from functools import cache

ARENAS = 1  # of the dozens that glibc makes for threads otherwise, each keeps what it once held
M_ARENA_MAX = -8  # of malloc.h


def settle() -> None:
    """What is there once an app has started stays: looking through it again and again would hold everybody up."""
    gc.set_threshold(10_000, 50, 100)
    gc.freeze()
    gc.enable()
    give_back()


def give_back() -> None:
    """Return to the system what is free now, where the C library can be told to (glibc). By itself it keeps what it
    once had: the 19 MiB of a password's hash, or what an index took while it was made.
    """
    if trim := _of_glibc("malloc_trim"):
        trim(0)


def few_arenas() -> None:
    """To be asked for before threads are started."""
    if mallopt := _of_glibc("mallopt"):
        mallopt(M_ARENA_MAX, ARENAS)


@cache
def _of_glibc(name: str) -> Callable[..., int] | None:
    try:
        function: Callable[..., int] | None = getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):
        return None
    return function
