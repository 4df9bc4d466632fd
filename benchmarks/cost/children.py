"""What runs in a process of its own, and the memory that it holds, by Linux and its glibc."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread
from typing import Any

MIB = 2**20
SAMPLED_EVERY = 0.01


def in_child(function: Callable, *arguments: Any) -> Any:
    """Return what a function of a module returns in a fresh process, which ends with it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def memory(kind: str) -> float:
    """Return the MiB of this process under a name of /proc/self/status, such as VmHWM or RssAnon.

    VmHWM is the most that was ever resident. Unlike ``ru_maxrss``, which a child inherits from
    whoever started it, it begins with the process.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    (kib,) = (line.split()[1] for line in lines if line.startswith(f"{kind}:"))
    return int(kib) * 1024 / MIB


class PrivatePeak:
    """The most private memory that a block adds to what the process held before, in MiB.

    RssAnon counts the resident pages that no file stands behind: arrays and all else that is
    allocated, but not the pages of a memmap, which the kernel drops when others need the room.
    It is a counter of the kernel's. The sum over all mappings in /proc/self/smaps_rollup says the
    same, but walks the pages of the memmap for it, which slows what is measured. A thread reads it
    every 10 ms, so that what is held for less may be missed: the figure is a lower bound.

    Examples
    --------
    >>> with PrivatePeak() as peak:
    ...     block = bytearray(b"1") * (64 * MIB)
    >>> 60 < peak.added < 70
    True
    """

    def __enter__(self) -> PrivatePeak:
        """Note what is held and begin to watch.

        What was freed but is still held goes back first: it would be taken from at no cost.
        """
        ctypes.CDLL(None).malloc_trim(0)
        self.before = self.most = memory("RssAnon")
        self._over = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop watching."""
        self._over.set()
        self._thread.join()
        self._look()

    @property
    def added(self) -> float:
        """The MiB beyond what was held at the start."""
        return self.most - self.before

    def _watch(self) -> None:
        while not self._over.wait(SAMPLED_EVERY):
            self._look()

    def _look(self) -> None:
        self.most = max(self.most, memory("RssAnon"))
