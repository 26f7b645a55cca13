"""The agent of a whole process: when it begins, what happens when the process forks, and how it ends.

A process that Sluice started (``SLUICE_URL`` and ``SLUICE_TOKEN``) records from its first line on. A process that it forks, or starts
with ``multiprocessing``, becomes one of its own; workers of pools and loaders hand their records to their owner (``_shared.py``).
"""

from __future__ import annotations

import atexit
import os
import re
import sys
from importlib import import_module
from typing import Any, Callable, Optional

from . import _satellite as satellite
from ._drain import Drain, current_pid_matches, exit_seconds
from ._recorder import RECORDER
from ._workers import WORKERS

#: A process that was forked may be about to run another program, or to become a worker: it waits for so long.
_FORK_DELAY_S = 0.15
_PAUSE_S = 1.0
_SERVICE = re.compile(r"[/\\]ray[/\\](?:dashboard|autoscaler|_private)[/\\](?!workers[/\\]).*\.py$")

_drain: Optional[Drain] = None
_has_hooks = False
#: `multiprocessing` is starting a process: that one begins when it knows what it is for (``adapters/processes.py``).
_starts_process = False


def is_wanted() -> bool:
    """Did Sluice start this process?"""
    return bool(os.environ.get("SLUICE_URL")) and os.environ.get("SLUICE_TOKEN") is not None


def why_not() -> Optional[str]:
    """Why the agent cannot work in this interpreter; None: it can."""
    if sys.version_info < (3, 9):
        return "Python 3.9 or later is needed"
    if _is_sub_interpreter():
        return "sub-interpreters are not recorded"
    return None


def _is_sub_interpreter() -> bool:
    """Threads that outlive their interpreter, as the agent's does while the program ends, are not allowed in most of these."""
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            module: Any = import_module(name)
            current, main = module.get_current(), module.get_main()
        except Exception:  # noqa: BLE001, S112 - another implementation, or one that tells in another way
            continue
        if isinstance(current, tuple):
            current, main = current[0], main[0]
        return int(current) != int(main)
    return False


def _command() -> list[str]:
    """The words that this process was started with."""
    words = list(getattr(sys, "orig_argv", None) or [])
    if not words:
        try:
            with open("/proc/self/cmdline", "rb") as file:
                words = os.fsdecode(file.read(65_536)).split("\0")
        except OSError:
            pass
    return words


def is_helper() -> bool:
    """A process of ``multiprocessing`` that runs nothing of the program's."""
    return any("multiprocessing.resource_tracker" in word or "multiprocessing.forkserver" in word for word in _command())


def is_service() -> bool:
    """A process that a library has started for itself: of Ray all but its workers, which run the program's functions."""
    return any(_SERVICE.search(word) for word in _command()[:12])


def is_spawned() -> bool:
    """A process that ``multiprocessing`` has started and that will soon say what it is for."""
    words = getattr(sys, "orig_argv", None) or sys.argv
    return "--multiprocessing-fork" in words


def start() -> None:
    """Begins, if this process is to be recorded. Once; never raises."""
    global _has_hooks
    if _has_hooks or not is_wanted():
        return
    reason = why_not()
    if reason is not None or is_service():
        return
    _has_hooks = True
    RECORDER.state.on = True
    try:
        atexit.register(finish)
        _hook_forks()
        _hook_exit()
        from .adapters import install

        install()
        if not is_helper() and not _is_spawned_now():
            begin()
    except Exception as error:  # noqa: BLE001 - a program must not die of its profiler
        RECORDER.state.on = False
        RECORDER.note("agent:start", f"the agent could not start: {error!r}")


def _is_spawned_now() -> bool:
    return is_spawned() and getattr(sys, "frozen", None) is None


def begin(delay_s: float = 0.0) -> None:
    """Starts the drain of this process, if there is none."""
    global _drain
    if current_pid_matches(_drain) or not RECORDER.state.on or satellite.current is not None:
        return
    _drain = Drain(os.environ.get("SLUICE_URL", ""), os.environ.get("SLUICE_TOKEN", ""), delay_s)
    _drain.start()


def finish() -> None:
    """The process is over: sends what there is, within a bounded time."""
    drain = _drain
    try:
        satellite.leave()
        if drain is not None and current_pid_matches(drain):
            drain.finish(exit_seconds())
    except BaseException:  # noqa: BLE001 - the exit code belongs to the program
        pass


def while_starting(run: Callable[[], Any]) -> Any:
    """Starts a process of ``multiprocessing``; its copy of this one does not begin by itself."""
    global _starts_process
    outer, _starts_process = _starts_process, True
    try:
        return run()
    finally:
        _starts_process = outer


def _hook_forks() -> None:
    if not hasattr(os, "fork"):
        return
    os.register_at_fork(before=_before_fork, after_in_child=_in_child)
    for name in ("fork", "forkpty"):
        if hasattr(os, name):
            setattr(os, name, _forking(getattr(os, name)))


def _before_fork() -> None:
    """The drain's thread ends: a lock that it held in the copy would stay held for ever."""
    if _drain is not None and not _drain.pause(_PAUSE_S):
        RECORDER.note("fork:pause", "the process was forked while the agent was busy")


def _forking(fork: Callable[[], Any]) -> Callable[[], Any]:
    """``os.fork`` that goes on recording behind it. Python warns of a fork with threads, so there must be none until it returns."""

    def forked() -> Any:
        try:
            result = fork()
        except BaseException:
            _go_on()
            raise
        if (result[0] if isinstance(result, tuple) else result) != 0:
            _go_on()
        return result

    forked.__name__ = forked.__qualname__ = fork.__name__
    forked.__doc__ = fork.__doc__
    return forked


def _go_on() -> None:
    if _drain is not None:
        try:
            _drain.start()
        except Exception:  # noqa: BLE001
            RECORDER.state.on = False


def _in_child() -> None:
    global _drain
    try:
        drain, _drain = _drain, None
        if drain is not None:
            # Only this process's copy of the socket.
            drain.transport.close_now()
            drain.gauges.collections.end()
        satellite.current = None
        RECORDER.state.worker = None
        WORKERS.forget()
        RECORDER.forked()
        if RECORDER.state.on and not _starts_process and not is_helper():
            begin(_FORK_DELAY_S)
    except Exception:  # noqa: BLE001
        RECORDER.state.on = False


def _hook_exit() -> None:
    """``os._exit`` runs nothing that was registered; processes of ``multiprocessing`` and forked ones end with it."""
    leave = os._exit

    def _exit(status: int) -> Any:
        finish()
        leave(status)

    _exit.__doc__ = leave.__doc__
    os._exit = _exit  # type: ignore[assignment]
