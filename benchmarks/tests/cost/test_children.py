"""Processes of their own, and their memory."""

import numpy as np

from benchmarks.cost import children, scale


def test_a_child_starts_with_memory_of_its_own():
    ballast = np.ones(50_000_000)
    held = children.in_child(children.memory, "VmHWM")
    assert 5 < held < children.memory("VmHWM") + 1 - ballast.nbytes / children.MIB / 2


def test_private_memory_is_not_that_of_a_memmap(tmp_path):
    path = scale.write_table(200_000, 20, tmp_path / "rows.npy")
    with children.PrivatePeak() as mapped:
        total = np.load(path, mmap_mode="r").sum(dtype=np.float64)
    with children.PrivatePeak() as read:
        copy = np.load(path)
    assert total == copy.sum(dtype=np.float64)
    assert mapped.added < 5 < 14 < read.added
