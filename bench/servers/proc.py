"""What Linux tells of processes; nothing elsewhere."""

import os
from pathlib import Path

PROC = Path("/proc")
IS_TOLD = (PROC / "self" / "stat").exists()


def megabytes(pid: int, name: str) -> float | None:
    """A line of a process's status, in MB (10^6 bytes)."""
    lines = (line.split() for line in _read(PROC / str(pid) / "status").splitlines())
    return next((int(words[1]) * 1024 / 1e6 for words in lines if words[0] == f"{name}:"), None)


def worked(pid: int) -> float:
    """The seconds of processor time that a process took with its children and theirs, ended ones too."""
    if not IS_TOLD:
        return 0.0
    return sum(_ticks(each) for each in (pid, *children(pid))) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Those of a process and theirs."""
    found = [int(child) for task in _tasks(pid) for child in _read(task / "children").split()]
    return found + [each for child in found for each in children(child)]


def _tasks(pid: int) -> list[Path]:
    try:
        return list((PROC / str(pid) / "task").iterdir())
    except OSError:
        return []


def _ticks(pid: int) -> int:
    """User and system time, and that of children that have ended (proc(5), fields 14 to 17)."""
    fields = _read(PROC / str(pid) / "stat").rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
