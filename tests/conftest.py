"""Small contaminated tables and fast detectors for all tests, and how many cases they try.

torch has one thread in tests and in the processes that they start, but where a test sets more:
threads that wait for each other beside other programs would make the suite ten times slower.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings

from pyod_robustnvp import RobustRealNVP

EXAMPLES = 200
#: The counter of cases is shared by the examples of a property, which is what it is for.
SUPPRESSED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def pytest_addoption(parser):
    text = f"cases of each property, {EXAMPLES} and the same ones by default; a tenth of deaths"
    parser.addoption("--examples", type=int, default=EXAMPLES, help=text)


def pytest_configure(config):
    torch.set_num_threads(1)
    count = config.getoption("--examples")
    settings.register_profile(
        str(count),
        max_examples=count,
        deadline=None,
        derandomize=count == EXAMPLES,
        database=None,
        suppress_health_check=SUPPRESSED,
    )
    settings.load_profile(str(count))


@pytest.fixture
def deaths(request):
    """Return how often something is killed or interrupted."""
    return max(request.config.getoption("--examples") // 10, 1)


@pytest.fixture
def tried(record_property):
    """Return a counter of what a test tries, for `python -m benchmarks reliability`."""
    counts = []
    yield lambda n=1: counts.append(n)
    record_property("cases", sum(counts))


@pytest.fixture
def set_threads():
    """Return what sets how many threads torch has, for the time of a test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def table():
    """200 training rows and 100 new ones, 5 columns, the last 10 % of either anomalies."""
    rng = np.random.default_rng(0)

    def draw(n):
        mixing = np.eye(5) + 0.5 * np.eye(5, k=1)
        normal = rng.normal(size=(n * 9 // 10, 5)) @ mixing
        anomalies = rng.uniform(-9, 9, size=(n // 10, 5))
        return np.vstack([normal, anomalies])

    labels = np.repeat([0, 1], [90, 10])
    return draw(200), draw(100), labels.repeat(2), labels


@pytest.fixture(scope="session")
def X(table):
    return table[0]


@pytest.fixture(scope="session")
def X_new(table):
    return table[1]


@pytest.fixture(scope="session")
def y(table):
    return table[2]


@pytest.fixture(scope="session")
def y_new(table):
    return table[3]


@pytest.fixture(scope="session")
def make():
    """Return a detector that fits in a tenth of a second."""

    def build(**settings):
        fast = {
            "epoch_num": 20,
            "batch_size": 128,
            "hidden_neuron_list": (16,),
            "n_estimators": 4,
            "random_state": 0,
        }
        return RobustRealNVP(**{**fast, **settings})

    return build


@pytest.fixture(scope="session")
def fitted(make, X):
    """Return a detector that no test may change."""
    return make().fit(X)
