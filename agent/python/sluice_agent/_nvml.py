"""How busy and how full NVIDIA's devices are, as their driver says: through NVML, the library that ``nvidia-smi`` uses and the driver
brings. Used by the drain's thread only, when the program already works on such a device."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any, Optional

_LIBRARY = "nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1"


class _Utilization(ctypes.Structure):
    _fields_ = [("gpu", ctypes.c_uint), ("memory", ctypes.c_uint)]


class _Memory(ctypes.Structure):
    _fields_ = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong)]


class Sample:
    """A device at one moment. ``utilization``: share of the last moments in which at least one kernel was there; None: not told."""

    __slots__ = ("utilization", "memory_bytes", "limit_bytes")

    def __init__(self, utilization: Optional[float], memory_bytes: Optional[int], limit_bytes: Optional[int]) -> None:
        self.utilization = utilization
        self.memory_bytes = memory_bytes
        self.limit_bytes = limit_bytes


class Nvml:
    """The library, loaded when it is first asked; without it, nothing is known."""

    def __init__(self, library: str = _LIBRARY) -> None:
        self._library = library
        self._nvml: Any = None
        self._has_failed = False
        self._handles: dict[int, Any] = {}

    def sample(self, device: int, uuid: Optional[str]) -> Optional[Sample]:
        """What is known of torch's device of that number (``uuid`` where torch tells it)."""
        handle = self._handle(device, uuid)
        if handle is None:
            return None
        utilization, memory = _Utilization(), _Memory()
        knows_busy = self._nvml.nvmlDeviceGetUtilizationRates(handle, ctypes.byref(utilization)) == 0
        knows_memory = self._nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) == 0
        return Sample(
            min(utilization.gpu / 100, 1) if knows_busy else None,
            memory.used if knows_memory else None,
            memory.total if knows_memory else None,
        )

    def _handle(self, device: int, uuid: Optional[str]) -> Any:
        if self._has_failed:
            return None
        if device not in self._handles:
            try:
                self._handles[device] = self._find(device, uuid)
            except (OSError, AttributeError):
                self._has_failed = True
                return None
        return self._handles[device]

    def _find(self, device: int, uuid: Optional[str]) -> Any:
        if self._nvml is None:
            nvml = ctypes.CDLL(self._library)
            if nvml.nvmlInit_v2() != 0:
                self._has_failed = True
                return None
            self._nvml = nvml
        handle = ctypes.c_void_p()
        if uuid is not None:
            found = self._nvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}".encode(), ctypes.byref(handle))
        else:
            number = _number_of(device, os.environ.get("CUDA_VISIBLE_DEVICES"))
            found = 1 if number is None else self._nvml.nvmlDeviceGetHandleByIndex_v2(number, ctypes.byref(handle))
        return handle if found == 0 else None


def _number_of(device: int, visible: Optional[str]) -> Optional[int]:
    """NVML's number of the program's device; None: it cannot be told (devices that are named by their uuid)."""
    if not visible:
        return device
    named = visible.split(",")
    number = named[device].strip() if device < len(named) else ""
    return int(number) if number.isdigit() else None
