"""Rows, and children that run here, for the tests of this room."""

import pytest
import torch

from benchmarks.cost import children, scale, speed


@pytest.fixture(scope="session")
def gaussian():
    """Return rows of a Gaussian that is neither centred nor of variance one."""
    return 3 + 0.5 * torch.randn(256, 4, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def here(monkeypatch, short_fits):
    """Run children in this process, and short fits: what is tested is what becomes of them."""

    def call(function, *arguments):
        return function(*arguments)

    monkeypatch.setattr(children, "in_child", call)
    monkeypatch.setattr(scale, "in_child", call)
    monkeypatch.setattr(speed, "PAPER", speed.PAPER | {"epoch_num": 10})
