"""Threads that share the parts of a table, and what a fork does to threads.

torch's own threads meet after every operation. The operations of a block of rows are so short that
they may wait longer than they work, and much longer where something else holds one of the cores.
Threads that take whole parts meet once.

**Forks.** No thread survives a fork, and torch does not know: a forked process in which torch asks
for more than one thread waits for ever. :func:`mend_fork` therefore leaves torch one thread in a
forked process, when that process first trains or scores and not before. A process that never does
keeps its number of threads.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from threading import Barrier, Lock
from typing import TypeVar

import torch

Part = TypeVar("Part")
Result = TypeVar("Result")


class _Process:
    """What this process must know of itself.

    Attributes
    ----------
    starting : Lock
        Held while a pool starts.
    forked : bool
        Whether it was forked from one that had imported this package.
    lost_gpu : bool
        Whether that one had used CUDA, which a fork of it can't use.
    """

    starting = Lock()
    forked = False
    lost_gpu = False


def forked_from_gpu() -> bool:
    """Return whether this process can't use CUDA because it was forked from one that did."""
    return _Process.forked and _Process.lost_gpu


def mend_fork() -> None:
    """Give torch one thread, where this process was forked: it would wait for others for ever."""
    if _Process.forked and torch.get_num_threads() != 1:
        torch.set_num_threads(1)


def _look_for_gpu() -> None:
    """Note, before a fork, whether the process has used CUDA."""
    _Process.lost_gpu = _Process.lost_gpu or bool(torch.cuda.is_initialized())


def _forget_threads() -> None:
    """Forget, in a forked process, the threads and the lock of the one that it came from."""
    _Process.forked, _Process.starting = True, Lock()
    pool_of.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_look_for_gpu, after_in_child=_forget_threads)


def shared(work: Callable[[Part], Result], parts: Sequence[Part], threads: int) -> Iterator[Result]:
    """Yield the result of each part, in their order.

    Where there is one thread, it is the caller's. Else each part is worked on by one of the
    threads, in which torch has one; only one more part than there are threads waits its turn, so
    that callers at one time get on side by side.

    Examples
    --------
    >>> list(shared(abs, [1, -2, 3], threads=2))
    [1, 2, 3]
    """
    if threads == 1:
        yield from map(work, parts)
        return
    running = deque[Future[Result]]()
    try:
        for part in parts:
            running.append(_begun(work, part, threads))
            if len(running) > threads:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        for future in running:
            future.cancel()


def _begun(work: Callable[[Part], Result], part: Part, threads: int) -> Future[Result]:
    """Hand a part to the threads, or work on it here where they take no more.

    They take none when the interpreter is about to end, which it is once its main thread has ended,
    and where the system starts no new ones.
    """
    try:
        with _Process.starting:
            pool = pool_of(threads)
        return pool.submit(work, part)
    except RuntimeError:
        done = Future[Result]()
        done.set_result(work(part))
        return done


@cache
def pool_of(threads: int) -> ThreadPoolExecutor:
    """Start threads in which torch has one, once for all callers of the process.

    torch counts by thread, but one that is new takes the number that was set last, anywhere: so
    would one of the user's that asked for its first while these start.
    """
    started = Barrier(threads)

    def start() -> None:
        # A thread's first question sets its number, whatever it was set to before.
        torch.get_num_threads()
        torch.set_num_threads(1)
        started.wait()

    pool = ThreadPoolExecutor(threads, "pyod_robustnvp", initializer=start)
    try:
        wait([pool.submit(int) for _ in range(threads)])
    except BaseException:
        started.abort()
        raise
    finally:
        torch.set_num_threads(threads)
    return pool
