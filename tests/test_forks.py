"""Forked processes: none waits for threads that are gone, and none is touched that never uses us.

A GPU that the forking process has used is a pretended one: all that this package asks of torch is
whether CUDA is initialised, just before the fork.
"""

import os
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork"),
    pytest.mark.reliability,
]

HEAD = """
import os, sys, traceback, warnings
import numpy as np
import torch
from pyod_robustnvp import RobustRealNVP

torch.set_num_threads(2)
SMALL = {"n_estimators": 2, "hidden_neuron_list": (8,), "epoch_num": 2, "random_state": 0}
X = np.random.default_rng(0).normal(size=(1500, 4))

def in_child(work):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

def messages(work):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = work()
    return result, [str(w.message) for w in caught]

def refused(work):
    try:
        work()
    except ValueError as error:
        return str(error)
    raise AssertionError("nothing was raised")
"""


def run(script):
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", HEAD + script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr


def test_a_child_that_never_uses_us_keeps_its_threads(tried):
    tried()
    run("""
torch.ones(10**6).exp()
def look():
    assert torch.get_num_threads() == 2
in_child(look)
""")


def test_a_child_that_uses_us_does_not_hang_whatever_it_does_first(tried):
    """The parent has used torch's threads and ours."""
    tried(11)
    run("""
import pickle, tempfile
clf = RobustRealNVP(**SMALL).fit(X)
expected = clf.decision_function(X)
torch.ones(10**6).exp()
path = os.path.join(tempfile.mkdtemp(), "model")
clf.save(path)
data = pickle.dumps(clf)
def work(first):
    first()
    assert (clf.decision_function(X) == expected).all()
    assert torch.get_num_threads() == 1
for first in (
    lambda: RobustRealNVP(**SMALL).fit(X),
    lambda: clf.decision_function(X),
    lambda: clf.score_samples(X),
    lambda: clf.sample(5),
    lambda: clf.density_.sigma(),
    lambda: clf.density_.views.transform(X, X),
    lambda: clf.density_.log_prob_by_flow(X),
    lambda: clf.density_.state(),
    lambda: clf.density_.to("cpu"),
    lambda: RobustRealNVP.load(path),
    lambda: pickle.loads(data),
):
    in_child(lambda: work(first))
assert torch.get_num_threads() == 2
""")


def test_a_child_may_set_its_threads_and_fork_on(tried):
    tried()
    run("""
clf = RobustRealNVP(**SMALL).fit(X)
expected = clf.decision_function(X)
def score():
    assert (clf.decision_function(X) == expected).all()
def again():
    torch.set_num_threads(2)
    score()
    in_child(score)
in_child(again)
""")


def test_without_a_device_the_cpu_is_taken_with_one_warning(tried):
    tried(3)
    run("""
import pickle, tempfile
clf = RobustRealNVP(**SMALL).fit(X)
expected = clf.decision_function(X)
clf.density_.device = torch.device("cuda")
path = os.path.join(tempfile.mkdtemp(), "model")
clf.save(path)
data = pickle.dumps(clf)
torch.cuda.is_initialized = lambda: True
def check(work):
    found, said = messages(work)
    assert len(said) == 1 and "forked" in said[0] and "spawn" in said[0], said
    return found
def fit():
    assert (check(lambda: RobustRealNVP(**SMALL).fit(X)).decision_function(X) == expected).all()
def score():
    both = check(lambda: [clf.decision_function(X), clf.decision_function(X)])
    assert (both[0] == expected).all() and (both[1] == expected).all()
def load():
    assert (check(lambda: RobustRealNVP.load(path)).decision_function(X) == expected).all()
    assert (check(lambda: pickle.loads(data)).decision_function(X) == expected).all()
for work in (fit, score, load):
    in_child(work)
""")


def test_a_gpu_by_name_ends_in_an_error_that_says_spawn(tried):
    tried(3)
    run("""
import dataclasses, pickle, tempfile
clf = RobustRealNVP(**SMALL).fit(X).set_params(device="cuda")
clf.density_.settings = dataclasses.replace(clf.density_.settings, device="cuda")
clf.density_.device = torch.device("cuda")
path = os.path.join(tempfile.mkdtemp(), "model")
clf.save(path)
data = pickle.dumps(clf)
torch.cuda.is_initialized = lambda: True
def work():
    for call in (
        lambda: RobustRealNVP(**SMALL, device="cuda").fit(X),
        lambda: clf.decision_function(X),
        lambda: RobustRealNVP.load(path),
        lambda: pickle.loads(data),
    ):
        said = refused(call)
        assert "forked" in said and "spawn" in said, said
in_child(work)
""")


def test_a_model_on_the_cpu_needs_no_gpu(tried):
    tried()
    run("""
clf = RobustRealNVP(**SMALL, device="cpu").fit(X)
expected = clf.decision_function(X)
torch.cuda.is_initialized = lambda: True
def work():
    found, said = messages(lambda: clf.decision_function(X))
    assert not said and (found == expected).all()
in_child(work)
""")
