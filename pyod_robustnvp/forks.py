"""Processes that are forked from one in which torch has worked.

OpenMP's threads do not survive a fork: a child in which torch asks for more than one waits for
ever. So a child has one, whoever forked it, as the workers of torch's DataLoader have.
"""

import os

import torch


def allow_forks() -> None:
    """Give processes that are forked from this one a single thread of torch's."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))
