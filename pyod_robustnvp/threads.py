"""Parts of a table shared among threads that need not wait for each other.

torch's own threads meet after every operation. The operations of a block of rows are so short that
they may wait longer than they work, and much longer where something else holds one of the cores.
Threads that take whole parts meet once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from threading import Barrier
from typing import TypeVar

import torch

Part = TypeVar("Part")
Result = TypeVar("Result")


def shared(work: Callable[[Part], Result], parts: Sequence[Part], threads: int) -> Iterator[Result]:
    """Yield the result of each part, in their order.

    A single part is left to the caller's thread, and so are all where there is one thread. Else
    each part is worked on by one of the threads, in which torch has one; only one more part than
    there are threads waits its turn, so that callers at one time get on side by side.

    Examples
    --------
    >>> list(shared(abs, [1, -2, 3], threads=2))
    [1, 2, 3]
    """
    if threads == 1 or len(parts) == 1:
        yield from map(work, parts)
        return
    pool, running = _pool(threads), deque[Future[Result]]()
    try:
        for part in parts:
            running.append(pool.submit(work, part))
            if len(running) > threads:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        for future in running:
            future.cancel()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Start threads in which torch has one, once for all callers of the process.

    torch counts by thread, but one that is new takes the number that was set last, anywhere.
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
