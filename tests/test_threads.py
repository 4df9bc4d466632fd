"""Parts of a table shared among threads."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler

from pyod_robustnvp import RobustRealNVP, threads
from pyod_robustnvp.threads import shared


@pytest.fixture(autouse=True)
def two_threads(set_threads):
    """Give torch two threads, whatever the machine."""
    set_threads(2)


def where(part):
    """Return who works on a part, and with how many threads of torch's."""
    torch.ones(100_000).exp()
    return part, threading.current_thread(), torch.get_num_threads()


def test_results_come_in_order_from_threads_with_one_of_torchs():
    results, workers, numbers = zip(*shared(where, range(50), 2), strict=True)
    assert results == tuple(range(50))
    assert 1 <= len(set(workers)) <= 2
    assert threading.current_thread() not in workers
    assert set(numbers) == {1}


def test_one_thread_is_the_callers():
    here = threading.current_thread()
    assert list(shared(where, [7, 8], 1)) == [(7, here, 2), (8, here, 2)]


def test_a_single_part_too_meets_no_other_thread():
    [(_, worker, number)] = shared(where, [7], 2)
    assert worker is not threading.current_thread()
    assert number == 1


def test_nothing_is_shared():
    assert list(shared(where, [], 2)) == []


def test_torchs_threads_stay_as_many_for_all_others():
    list(shared(where, [1, 2], 2))
    assert torch.get_num_threads() == 2
    with ThreadPoolExecutor(1) as new:
        assert new.submit(torch.get_num_threads).result() == 2


def test_one_more_part_than_threads_is_begun_at_most():
    begun, done = [], 0
    for done, _ in enumerate(shared(begun.append, range(10), 2), 1):
        assert len(begun) <= done + 2
    assert done == len(begun) == 10


def test_errors_reach_the_caller_and_the_rest_is_left():
    done = []

    def work(part):
        done.append(part)
        return 1 / part

    with pytest.raises(ZeroDivisionError):
        list(shared(work, [1, 0, *range(1, 100)], 2))
    assert len(done) < 10
    assert list(shared(abs, [-1, -2], 2)) == [1, 2]


def test_callers_at_one_time_start_one_pool(monkeypatch):
    pools, gate = [], threading.Barrier(6)

    def pool(*args, **settings):
        pools.append(ThreadPoolExecutor(*args, **settings))
        return pools[-1]

    def call(_):
        gate.wait()
        return list(shared(abs, [-1, -2], 2))

    monkeypatch.setattr(threads, "ThreadPoolExecutor", pool)
    threads.pool_of.cache_clear()
    with ThreadPoolExecutor(6) as callers:
        assert list(callers.map(call, range(6))) == [[1, 2]] * 6
    assert len(pools) == 1


def test_the_caller_works_where_the_system_starts_no_thread(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    threads.pool_of.cache_clear()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    parts = [1, 2, 3]
    assert list(shared(where, parts, 2)) == [(k, threading.current_thread(), 2) for k in parts]


AT_THE_END = """
import atexit, sys, threading
import torch
from pyod_robustnvp.threads import shared

torch.set_num_threads(2)

def call(name):
    print(name, list(shared(abs, [-1, -2, -3], 2)))

def wait_and_call(name):
    threading.main_thread().join()
    call(name)

if sys.argv[1] == "started":
    list(shared(abs, [-1, -2], 2))
atexit.register(call, "at exit")
threading.Thread(target=wait_and_call, args=("after main",)).start()
"""


@pytest.mark.parametrize("pool", ["started", "never started"])
def test_the_caller_does_the_rest_when_the_interpreter_is_about_to_end(pool):
    command = [sys.executable, "-c", AT_THE_END, pool]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert (done.stdout, done.returncode) == ("after main [1, 2, 3]\nat exit [1, 2, 3]\n", 0)


def test_an_interrupt_while_threads_start_leaves_none_waiting(monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    before = set(threading.enumerate())
    monkeypatch.setattr(threads, "wait", interrupted)
    threads.pool_of.cache_clear()
    with pytest.raises(KeyboardInterrupt):
        threads.pool_of(2)
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()
    monkeypatch.undo()
    assert torch.get_num_threads() == 2
    assert list(shared(abs, [-1, -2], 2)) == [1, 2]


@pytest.mark.parametrize("call", ["decision_function", "score_samples"])
def test_scores_do_not_depend_on_the_threads(call, set_threads):
    table = np.random.default_rng(0).normal(size=(1500, 3))
    clf = RobustRealNVP(n_estimators=4, hidden_neuron_list=(8,), epoch_num=1, random_state=0)
    scores = getattr(clf.fit(table), call)(table)
    set_threads(1)
    np.testing.assert_array_equal(getattr(clf, call)(table), scores)


class Watched(StandardScaler):
    """Notes which threads call it."""

    callers: ClassVar = set()

    def transform(self, X):
        self.callers.add(threading.current_thread())
        return super().transform(X)


def test_a_transformer_of_the_users_is_called_by_one_thread():
    table = np.random.default_rng(0).normal(size=(1500, 3))
    clf = RobustRealNVP(
        preprocessing=Watched(), n_estimators=2, hidden_neuron_list=(4,), epoch_num=1
    )
    clf.fit(table).decision_function(table)
    assert Watched.callers == {threading.current_thread()}
