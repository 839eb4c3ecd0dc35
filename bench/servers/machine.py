"""The processor and the cores of the machine that runs the benchmark."""

import os
import platform
import shutil
from pathlib import Path


def cpu() -> str:
    """Return the name of the processor, if the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def cores() -> list[int]:
    """Return the numbers of the processor cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def on_cores(*numbers: int) -> list[str]:
    """Return a command prefix that runs a process only on these cores, or nothing if unavailable."""
    allowed = cores()
    taskset = shutil.which("taskset")
    return [taskset, "-c", ",".join(str(allowed[n]) for n in numbers)] if taskset and len(allowed) > 1 else []


SERVER, CLIENT = 0, 1
