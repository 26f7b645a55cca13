"""Who this process is, on which machine, and what it uses."""

from __future__ import annotations

import os
import sys
import time
from typing import Any, Optional

from ._recorder import now_ns

_PAGE = 4096


def title() -> str:
    """What a person would call the process: the script, or the module, or the interpreter."""
    argv = list(getattr(sys, "orig_argv", ()) or ())
    if not argv:
        argv = _command_line()
    if any("multiprocessing" in word for word in argv):
        # Started by ``multiprocessing``, which gives its processes the arguments of the program.
        argv = ["python", *getattr(sys, "argv", ())]
    for at, word in enumerate(argv[1:], 1):
        if word == "-m" and at + 1 < len(argv):
            if argv[at + 1] == "sluice_agent" and at + 2 < len(argv):
                return os.path.basename(argv[at + 2])[:480]
            return argv[at + 1][:480]
        if word == "-c":
            return "python -c"
        if word in ("-X", "-W", "--check-hash-based-pycs"):
            continue
        if not word.startswith("-") and argv[at - 1] not in ("-X", "-W"):
            return os.path.basename(word)[:480]
    return os.path.basename(sys.executable or "python")[:480]


def _command_line() -> list[str]:
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return os.fsdecode(file.read(65_536)).split("\0")
    except OSError:
        return list(getattr(sys, "argv", ()) or ())


def describe_process() -> dict[str, Any]:
    """The process part of ``hello`` and of the manifest."""
    try:
        folder = os.getcwd()
    except OSError:
        folder = ""
    unix_ms, monotonic_ns = _anchor()
    return {
        "pid": os.getpid(),
        "ppid": os.getppid(),
        "title": title() or "python",
        "runtime": "{} {}.{}.{}".format(sys.implementation.name, *sys.version_info[:3]).replace("cpython", "python"),
        "cwd": folder[:4096],
        "anchorUnixMs": unix_ms,
        "anchorMonotonicNs": monotonic_ns,
    }


def _anchor() -> tuple[float, int]:
    """The time of day and the monotonic clock at one moment: traces of other tools are put beside ours by it. A thread may lose its
    core between two readings, so the narrowest of a few brackets counts."""
    narrowest = None
    unix_ns, at = 0, 0
    for _ in range(5):
        before = now_ns()
        wall = time.time_ns()
        after = now_ns()
        if narrowest is None or after - before < narrowest:
            narrowest, unix_ns, at = after - before, wall, (before + after) // 2
    return unix_ns / 1e6, at


def cores() -> int:
    """Logical cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0)) or 1
    except (AttributeError, OSError):
        return os.cpu_count() or 1


def describe_machine() -> dict[str, Any]:
    """What this machine is."""
    return {
        "kind": "environment",
        "platform": "linux" if sys.platform.startswith("linux") else sys.platform[:32],
        "arch": _architecture(),
        "cpuModel": _cpu_model(),
        "cores": cores(),
        "memoryBytes": _memory_bytes(),
        "quotaCores": _quota_cores(),
    }


def _architecture() -> str:
    """As Node.js calls it."""
    name = os.uname().machine if hasattr(os, "uname") else os.environ.get("PROCESSOR_ARCHITECTURE", "unknown")
    return {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(name.lower(), name[:32])


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()[:256]
    except OSError:
        pass
    return os.environ.get("PROCESSOR_IDENTIFIER", "unknown")[:256]


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0


def _quota_cores() -> Optional[float]:
    """Cores' worth of time that the quota of the process's control group allows (version 2 of control groups)."""
    try:
        with open("/proc/self/cgroup", encoding="ascii") as file:
            path = next((row[3:].strip() for row in file if row.startswith("0::")), "")
        with open(f"/sys/fs/cgroup{path}/cpu.max", encoding="ascii") as file:
            quota, period = file.read().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return None


def rss_bytes() -> Optional[int]:
    """Resident memory."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        try:
            import resource
        except ImportError:
            return None
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def schedule_times(pid: int, tid: int) -> Optional[tuple[int, int]]:
    """How long a thread ran and how long it waited for a core, in nanoseconds; None where nobody tells."""
    try:
        with open(f"/proc/{pid}/task/{tid}/schedstat", "rb") as file:
            ran, waited, _ = file.read().split()
        return int(ran), int(waited)
    except (OSError, ValueError):
        return None


def is_asleep(tid: int) -> bool:
    """Does a thread of this process wait in the kernel for something that is no lock? False where nobody tells."""
    try:
        with open(f"/proc/self/task/{tid}/wchan", "rb") as file:
            place = file.read(64)
    except OSError:
        return False
    return place not in (b"", b"0") and not place.startswith(b"futex")


def is_alive(pid: int) -> bool:
    """Does the process run? One that has ended and that nobody has waited for does not."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        if os.path.isdir("/proc/self"):
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


try:
    _PAGE = os.sysconf("SC_PAGE_SIZE")
except (AttributeError, OSError, ValueError):
    pass
