"""Flows train in stacks, each in a thread of its own: the same whatever the number of threads."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch

from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.parameters import resolve
from pyod_robustnvp.progress import Progress, StoppedError
from pyod_robustnvp.stacks import fit_flows
from pyod_robustnvp.training import train
from tests.conftest import EXAMPLES

ROWS = np.random.default_rng(0).normal(size=(300, 4))
CPU = torch.device("cpu")


def detector(**parameters):
    small = {"n_estimators": 13, "hidden_neuron_list": (8,), "epoch_num": 5, "random_state": 0}
    return RobustRealNVP(**small | parameters)


def flows_of(n_flows, views=4, seed=0, **parameters):
    settings = resolve(detector(n_estimators=n_flows, **parameters))
    seen = np.random.default_rng(1).normal(size=(views, 300, 4))
    generator = torch.Generator().manual_seed(seed)
    return fit_flows(seen, settings, settings.for_training(300), generator, CPU), settings


@pytest.mark.parametrize("n_flows", [1, 2, 6, 7, 12, 13])
@pytest.mark.parametrize("threads", [2, 4])
def test_the_number_of_threads_changes_no_bit(set_threads, n_flows, threads):
    clf = detector(n_estimators=n_flows).fit(ROWS)
    set_threads(threads)
    again = detector(n_estimators=n_flows).fit(ROWS)
    np.testing.assert_array_equal(again.decision_scores_, clf.decision_scores_)
    assert again.loss_curve_ == clf.loss_curve_


def test_each_flow_has_the_view_and_the_cap_of_its_number():
    (flows, _), settings = flows_of(13, lipschitz=(0.4, 0.9))
    caps = [settings.caps[number // 4 % 2] for number in range(13)]
    largest = flows.sigma().amax(dim=(0, 1)).unflatten(0, (13, 2)).amax(dim=1)
    assert (largest <= torch.tensor(caps)).all()
    assert (largest > torch.tensor(caps) * 0.9).any()


def test_flows_of_a_stack_are_those_that_train_alone():
    (flows, losses), settings = flows_of(8)
    parent = torch.Generator().manual_seed(0)
    seeds = torch.randint(2**63 - 1, (2,), generator=parent)
    seen = torch.as_tensor(np.random.default_rng(1).normal(size=(4, 300, 4))).float()
    means = []
    for half in range(2):
        source = torch.Generator().manual_seed(int(seeds[half]))
        own = type(flows)(4, 4, settings.hidden, source)
        numbers = torch.arange(4) + 4 * half
        means.append(train(own, seen, settings.for_training(300), source, numbers))
        for name, value in own.state_dict().items():
            axis = 0 if name == "order" else 1
            part = flows.state_dict()[name].chunk(2, dim=axis)[half]
            torch.testing.assert_close(part, value, rtol=0, atol=0)
    np.testing.assert_allclose(losses, np.mean(means, axis=0))


def test_an_interrupt_stops_all_stacks(monkeypatch, set_threads):
    stopped = []

    def interrupted(flows, x, settings, generator, numbers, progress):
        if int(numbers[0]) == 0:
            raise KeyboardInterrupt
        try:
            for _ in range(10_000):
                progress.step()
                time.sleep(0.001)
        except StoppedError:
            stopped.append(threading.current_thread())
            raise

    monkeypatch.setattr("pyod_robustnvp.stacks.train", interrupted)
    set_threads(2)
    with pytest.raises(KeyboardInterrupt):
        detector().fit(ROWS)
    for _ in range(200):
        if stopped:
            break
        time.sleep(0.01)
    assert stopped


def test_an_epoch_is_told_once_all_stacks_have_come_to_its_end(capsys):
    detector(verbose=2).fit(ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        f"epoch {epoch}, step {epoch}/5" for epoch in range(1, 6)
    ]


def test_the_bar_counts_the_steps_of_a_stack(capsys):
    detector(verbose=1).fit(ROWS)
    assert "5/5" in capsys.readouterr().err


def test_steps_that_are_taken_back_are_taken_off_the_bar():
    with Progress(steps=10, flows=2, verbose=1) as progress:
        progress.step(8)
        progress.step(-5)
        assert progress._bar.n == 3
    with pytest.raises(StoppedError):
        progress.step()


@pytest.mark.reliability
def test_a_fit_beside_busy_programs_takes_as_much_longer_as_it_gets_less(
    request, set_threads, tried
):
    """In the reliability run alone: the suite may run beside anything."""
    if request.config.getoption("--examples") <= EXAMPLES:
        pytest.skip("python -m benchmarks reliability runs it")
    tried()
    set_threads(2)
    rows, cores = np.random.default_rng(0).normal(size=(2000, 9)), os.cpu_count() or 1

    def seconds():
        start = time.perf_counter()
        RobustRealNVP(random_state=0).fit(rows)
        return time.perf_counter() - start

    quiet = min(seconds() for _ in range(3))
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores)]
    try:
        assert min(seconds() for _ in range(3)) < 4 * quiet
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def test_a_stack_that_goes_back_is_counted_once(capsys):
    with Progress(steps=20, flows=4, stacks=2, verbose=2) as progress:
        progress.epoch(1, 10, loss=99.0, flows=2, stack=0)
        progress.epoch(1, 10, loss=3.0, flows=2, stack=0)
        progress.epoch(1, 10, loss=2.0, flows=2, stack=1)
    assert capsys.readouterr().out == "epoch 1, step 10/20: loss 2.5000 nats\n"
