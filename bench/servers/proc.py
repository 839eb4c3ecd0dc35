"""Memory and processor time of processes, read from /proc on Linux; unavailable on other systems."""

import os
from pathlib import Path

PROC = Path("/proc")
IS_AVAILABLE = (PROC / "self" / "stat").exists()


def megabytes(pid: int, name: str) -> float | None:
    """Return a memory value from a process's status, such as `VmRSS`, in MB (10^6 bytes)."""
    lines = (line.split() for line in _read(PROC / str(pid) / "status").splitlines())
    return next((int(words[1]) * 1024 / 1e6 for words in lines if words[0] == f"{name}:"), None)


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and its descendants in seconds.

    It includes ended processes.
    """
    if not IS_AVAILABLE:
        return 0.0
    return sum(_ticks(process) for process in (pid, *children(pid))) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Return the process ids of all descendants of a process."""
    child_pids = [int(child) for task in _tasks(pid) for child in _read(task / "children").split()]
    return child_pids + [descendant for child in child_pids for descendant in children(child)]


def _tasks(pid: int) -> list[Path]:
    try:
        return list((PROC / str(pid) / "task").iterdir())
    except OSError:
        return []


def _ticks(pid: int) -> int:
    """Return user and system time in clock ticks, including ended children (proc(5), fields 14 to 17)."""
    fields = _read(PROC / str(pid) / "stat").rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
