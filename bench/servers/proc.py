"""Memory and processor time of processes, read from /proc on Linux; unavailable on other systems."""

import os
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
IS_AVAILABLE = (PROC / "self" / "stat").exists()


def megabytes(pid: int, name: str) -> float | None:
    """Return a memory value from a process's status, such as `VmRSS`, in MB (10^6 bytes)."""
    lines = (line.split() for line in _read(PROC / str(pid) / "status").splitlines())
    return next((int(words[1]) * 1024 / 1e6 for words in lines if words[0] == f"{name}:"), None)


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and its descendants in seconds, including ended processes."""
    stats = (_read(PROC / str(process) / "stat").rpartition(")")[2].split() for process in (pid, *children(pid)))
    ticks = sum(int(field) for fields in stats for field in fields[11:15])  # proc(5), fields 14 to 17
    return ticks / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Return the process ids of all descendants of a process."""
    tasks = (PROC / str(pid) / "task").glob("*/children")
    child_pids = [int(child) for task in tasks for child in _read(task).split()]
    return child_pids + [descendant for child in child_pids for descendant in children(child)]


def _read(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(encoding="utf-8")
    return ""
