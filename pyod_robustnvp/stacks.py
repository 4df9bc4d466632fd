"""Which flows of a density train together, and in which thread.

Flows do not know of each other. On a CPU a few at a time train as one stack, each stack in one
thread with random numbers of its own: the threads meet once, at the end, where torch's own would
meet after each of some hundred operations a step and, where something else holds a core, wait
there. What a fit finds does not depend on how many threads there are. A GPU trains all flows as one
stack, and so does the CPU a single flow: the paper's, with torch's threads.
"""

from __future__ import annotations

import torch

from . import threads
from .flow import RealNVP, as_tensor
from .progress import Progress
from .scaling import Table
from .settings import Settings
from .training import TrainingSettings, train

# Two threads with stacks of three gained nothing over one: they waited for Python, which one thread
# at a time may run. With stacks of six they take .7 of its time.
FLOWS_OF_A_STACK = 6
# float32 squares and sums it through all couplings without overflow.
LARGEST_TRAINED = 1e6

# The numbers of its flows, and its random numbers.
Stack = tuple[torch.Tensor, torch.Generator]


def fit_flows(
    seen: Table,
    settings: Settings,
    training: TrainingSettings,
    generator: torch.Generator,
    device: torch.device,
) -> tuple[RealNVP, list[float]]:
    """Train the flows of a density and return them, on the CPU, and their mean losses.

    Parameters
    ----------
    seen : ndarray of shape (views, n, d)
        The rows in each view.
    settings : Settings
    training : TrainingSettings
        What they come to for so many rows.
    generator : torch.Generator
    device : torch.device
    """
    n_flows, several, d = settings.n_flows, settings.n_flows > 1, seen.shape[2]
    by_threads = several and device.type == "cpu"
    n_stacks = -(-n_flows // FLOWS_OF_A_STACK) if by_threads else 1
    x, widths = as_tensor(seen, LARGEST_TRAINED, device), settings.widths(d)

    def work(stack: Stack) -> tuple[RealNVP, list[float]]:
        numbers, source = stack
        # The caller may have switched gradients off.
        with torch.inference_mode(False), torch.enable_grad():
            shape = settings.read(d), len(numbers), settings.hidden
            flows = RealNVP(*shape, source, several, [widths[m] for m in numbers])
            losses = train(flows.to(device), x, training, source, numbers, progress)
            return flows.requires_grad_(False).cpu(), losses

    numbers = torch.arange(n_flows).tensor_split(n_stacks)
    stacks = list(zip(numbers, _sources(generator, n_stacks), strict=True))
    with Progress(training.steps, n_flows, n_stacks, training.verbose) as progress:
        if not by_threads:
            return work(stacks[0])
        done = list(threads.shared(work, stacks, torch.get_num_threads()))
    shares = torch.tensor([flows.n_flows / n_flows for flows, _ in done], dtype=torch.float64)
    mean = shares @ torch.tensor([losses for _, losses in done], dtype=torch.float64)
    return RealNVP.joined([flows for flows, _ in done]), mean.tolist()


def _sources(generator: torch.Generator, n: int) -> list[torch.Generator]:
    """Return the generator of each of n stacks, which may draw at one time."""
    if n == 1:
        return [generator]
    seeds = torch.randint(2**63 - 1, (n,), generator=generator, device="cpu")
    return [torch.Generator().manual_seed(int(seed)) for seed in seeds]
