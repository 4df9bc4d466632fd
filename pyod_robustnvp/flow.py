r"""A stack of RealNVP flows: exact log-density, exact inverse, samples.

**Change of variables.** An invertible map :math:`f` carries a row :math:`x \in R^d` to
:math:`z = f(x)`. With the prior :math:`z \sim N(0, I)` the density of the row is

.. math:: \log p(x) = \log N(f(x); 0, I) + \log |\det \partial f / \partial x|.

**Coupling.** :math:`f` is a chain of couplings. Each splits the columns in two: the first
:math:`b = \max(\lfloor d / 2 \rfloor, 1)`, which it transforms, and the rest, which it reads,

.. math:: z_b = (x_b - t(x_a)) \exp(-s(x_a)), \quad z_a = x_a, \quad \log|\det| = -\sum s(x_a),

and moves the transformed columns to the end, so that the next coupling finds other columns in
front. For even d the two halves take turns; for odd d every column still gets its turn, and all
couplings have one shape. The inverse is :math:`x_b = z_b \exp(s(z_a)) + t(z_a)`.

**Cap.** s and t are multi-layer perceptrons with LeakyReLU(0.01) between the layers, s ends in
tanh. Each of their matrices keeps its largest singular value :math:`\sigma \le k`, which bounds the
Lipschitz constant of s and t by :math:`k^v` for v layers and makes the density too smooth to wrap
itself around a small cluster of anomalies. The smaller k, the nearer is a flow to one Gaussian.

**Trimmed loss.** Training (``training.py``) minimises the mean of :math:`-\log p(x)` over the rows
of a batch that the model itself finds likely, the least likely of them left out.

**Stack.** The weights of the s and t networks of all flows lie in one tensor a layer, of shape
``(couplings, 2 * flows, n_out, n_in)``, s and t taking turns on the second axis: a layer of a
coupling is one batched product, however many flows there are (``couplings.py``).

References
----------
Dinh, Sohl-Dickstein, Bengio (2017), Density estimation using Real NVP.
https://arxiv.org/abs/1605.08803

Liu, Tan, Zhou (2022), Unsupervised Anomaly Detection by Robust Density Estimation, AAAI,
equation 1.
"""

import copy
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from . import lipschitz
from .couplings import CouplingWorkspace, GradientWorkspace, KeptWorkspace
from .reading import drawn, halves, views_of

N_COUPLINGS = 6

#: Rows of a block: on a CPU at most what its caches hold, elsewhere enough to keep a GPU busy.
CPU_BLOCK, GPU_BLOCK = 512, 4096
#: About how many columns of how many flows a CPU's block holds.
BLOCK_VALUES = 2**20
#: The fewest rows of a block, and the fewest multiplications of any of its matrix products: torch
#: has another routine for fewer, which sums in another order.
SMALL_BLOCK, SMALL_PRODUCT = 32, 400


class RealNVP(nn.Module):
    """Independent RealNVP flows of one shape, evaluated together.

    Parameters
    ----------
    features : int
        The number of columns d that a flow reads, at least 1.
    n_flows : int, default=1
        The number of flows M.
    hidden : sequence of int, default=(64, 64)
        The widths of the hidden layers of s and of t.
    generator : torch.Generator, optional
        The source of the initial weights and of the order in which each flow takes the columns.
    shuffle : bool, optional
        Whether each flow takes the columns in an order of its own; by default where there are
        several.
    columns : sequence of int, optional
        How many columns the rows of each flow have, of which a shuffled one reads d, drawn at
        random; by default they have no others.

    Notes
    -----
    A flow that is not shuffled is the paper's: it takes the columns half by half. Its initial
    weights are as small as those of the paper's networks, which read all columns under a mask.

    Examples
    --------
    >>> flows = RealNVP(3, n_flows=2, generator=torch.Generator().manual_seed(0))
    >>> x = torch.zeros(5, 3)
    >>> flows.log_prob(x).shape
    torch.Size([2, 5])
    """

    weights: nn.ParameterList
    biases: nn.ParameterList
    order: Tensor

    def __init__(
        self,
        features: int,
        n_flows: int = 1,
        hidden: Sequence[int] = (64, 64),
        generator: torch.Generator | None = None,
        shuffle: bool | None = None,
        columns: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        shuffle = n_flows > 1 if shuffle is None else shuffle
        self.features = features
        self.n_flows = n_flows
        self.hidden = tuple(hidden)
        self.transformed = max(features // 2, 1)
        widths = (features - self.transformed, *hidden, self.transformed)
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        fans = (max(widths[0], 1) if shuffle else features, *hidden)
        for (n_in, n_out), fan in zip(pairwise(widths), fans, strict=True):
            bound = 1 / math.sqrt(fan)
            for parameters, width in ((self.weights, n_in), (self.biases, 1)):
                shape = (N_COUPLINGS, 2 * n_flows, n_out, width)
                values = torch.rand(shape, generator=generator, dtype=torch.float32, device="cpu")
                parameters.append(nn.Parameter((2 * values - 1) * bound))
        columns = columns or [features] * n_flows
        order = drawn(columns, features, generator) if shuffle else halves(n_flows, features)
        self.register_buffer("order", order)
        self._kept = KeptWorkspace()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state as arrays, by the names of :func:`~pyod_robustnvp.flow.state_shapes`."""
        state = self.state_dict()
        return {f"flow.{name}": tensor.cpu().numpy() for name, tensor in state.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the flows whose ``arrays`` were these, whatever else there is beside them.

        Raises
        ------
        ValueError
            A flow reads a column twice, or one before the first.
        """
        n_flows, features = arrays["flow.order"].shape
        ascending = np.sort(arrays["flow.order"], axis=1)
        if (ascending[:, :1] < 0).any() or (np.diff(ascending) == 0).any():
            raise ValueError("flow.order is no order of the columns")
        layers = sum(name.startswith("flow.weights.") for name in arrays)
        hidden = [arrays[f"flow.weights.{layer}"].shape[2] for layer in range(layers - 1)]
        flows = cls(features, n_flows, hidden, torch.Generator())
        names = flows.state_dict()
        flows.load_state_dict({name: torch.tensor(arrays[f"flow.{name}"]) for name in names})
        return flows

    @classmethod
    def joined(cls, stacks: Sequence[Self]) -> Self:
        """Return the flows of several stacks as one, without gradients."""
        first = stacks[0]
        state = {"order": torch.cat([stack.order for stack in stacks])}
        for name, _ in first.named_parameters():
            state[name] = torch.cat([stack.get_parameter(name) for stack in stacks], dim=1)
        flows = cls(first.features, len(state["order"]), first.hidden, torch.Generator())
        # load_state_dict would make a RuntimeError of a MemoryError.
        for name, values in flows.state_dict().items():
            values.copy_(state[name])
        return flows.requires_grad_(False)

    def ordered(self, x: Tensor) -> Tensor:
        """Return rows as the couplings want them: columns first, those each flow reads, in order.

        Parameters
        ----------
        x : Tensor of shape (n, n_columns) or (flows, n, n_columns)

        Returns
        -------
        columns : Tensor of shape (flows, d, n)
        """
        columns = x.mT.expand(self.n_flows, -1, -1)
        return columns.gather(1, self.order[..., None].expand(-1, -1, columns.shape[2]))

    def transform(self, x: Tensor) -> tuple[Tensor, Tensor]:
        r"""Carry rows to the prior's space: z = f(x) and log|det df/dx|.

        Parameters
        ----------
        x : Tensor of shape (n, n_columns) or (flows, n, n_columns)
            Rows shared by the flows, or rows of each flow's own.

        Returns
        -------
        z : Tensor of shape (flows, n, d)
        log_det : Tensor of shape (flows, n)
        """
        z, log_det = Transform.apply(self.ordered(x), *self.weights, *self.biases)  # type: ignore[no-untyped-call]
        return z.mT, log_det

    def inverse(self, z: Tensor, unread: Tensor | None = None) -> Tensor:
        """Carry points of the prior's space back to rows, without gradients: transform(x) = z.

        Parameters
        ----------
        z : Tensor of shape (flows, n, d)
        unread : Tensor of shape (flows, n, n_columns), optional
            What the columns hold that a flow does not read, where there are any.

        Returns
        -------
        x : Tensor of shape (flows, n, n_columns)
        """
        workspace = CouplingWorkspace(self.weights, self.biases, z.shape[1])
        columns = workspace.inverse(z.mT)
        rows = torch.empty_like(columns) if unread is None else unread.mT.clone()
        return rows.scatter_(1, self.order[..., None].expand_as(columns), columns).mT

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x) by each flow, in nats.

        Parameters
        ----------
        x : Tensor of shape (n, n_columns) or (flows, n, n_columns)

        Returns
        -------
        log_prob : Tensor of shape (flows, n), float64
            Of the columns that the flow reads, in nats. Summed in float64, where the square of a
            far row does not overflow.
        """
        z, log_det = self.transform(x)
        return log_density(z.mT.double(), log_det.double())

    @torch.inference_mode()
    def log_prob_by_blocks(self, x: Tensor) -> Tensor:
        """Return log p(x) of rows in several views, without gradients.

        All blocks have one shape, whatever rows are left over for the last, so that the sums of a
        row are taken in one order: its result does not depend on the rows beside it. Rows that
        overflow float32 are done again in float64.

        Parameters
        ----------
        x : Tensor of shape (views, n, n_columns)
            Which flow sees which view: :func:`~pyod_robustnvp.reading.views_of`.

        Returns
        -------
        log_prob : Tensor of shape (flows, n), float64
        """
        views, n, n_columns = x.shape
        block = self.block(n, n_columns, x.device)
        view = views_of(torch.arange(self.n_flows), views).to(x.device)
        # The columns of all views, one below the other, and which of them each flow reads.
        columns = torch.nn.functional.pad(x.mT.flatten(0, 1), (0, -n % block)).contiguous()
        read = (view[:, None] * n_columns + self.order).flatten()
        lay_out = self._kept.of if n <= SMALL_BLOCK else CouplingWorkspace
        workspace = lay_out(self.weights, self.biases, block)
        log_probs = []
        for rows in columns.split(block, dim=1):
            ordered = rows.index_select(0, read).view(self.n_flows, self.features, block)
            z, log_det = workspace.forward(ordered)
            log_probs.append(log_density(z.double(), log_det.double()))
        log_prob = torch.cat(log_probs, dim=1)[:, :n]
        overflown = ~log_prob.isfinite().all(dim=0)
        if overflown.any() and x.dtype == torch.float32:
            precise = copy.deepcopy(self).double()
            log_prob[:, overflown] = precise.log_prob_by_blocks(x[:, overflown].double())
        return log_prob

    def block(self, n: int, n_columns: int, device: torch.device) -> int:
        """Return the rows of a block, of n rows of so many columns, on a device."""
        if device.type != "cpu":
            return GPU_BLOCK
        of_a_row = min((w[0, 0].numel() for w in self.weights if w.numel()), default=1)
        fewest = max(SMALL_BLOCK, int(2 ** math.ceil(math.log2(SMALL_PRODUCT / of_a_row))))
        most = max(BLOCK_VALUES // (self.n_flows * n_columns), 1)
        fitting = min(max(1 << (most.bit_length() - 1), fewest), CPU_BLOCK)
        return fewest if n <= fewest else fitting

    @torch.inference_mode()
    def sample(
        self, n: int, generator: torch.Generator | None = None, unread: Tensor | None = None
    ) -> Tensor:
        """Draw rows from each flow.

        Parameters
        ----------
        n : int
        generator : torch.Generator, optional
            On the CPU.
        unread : Tensor of shape (flows, n, n_columns), optional
            What the columns hold that a flow does not read, where there are any.

        Returns
        -------
        x : Tensor of shape (flows, n, n_columns)
        """
        like = self.biases[0]
        z = torch.randn(
            self.n_flows, n, self.features, dtype=like.dtype, generator=generator, device="cpu"
        )
        return self.inverse(z.to(like.device), unread)

    def sigma(self) -> Tensor:
        """Return the largest singular value of every matrix of s and t, exactly.

        Returns
        -------
        sigma : Tensor of shape (layers, couplings, 2 * flows), float64
        """
        return torch.stack([lipschitz.spectral_norm(weight) for weight in self.weights])


class Transform(torch.autograd.Function):
    """All couplings as one function with a gradient.

    ``Transform.apply(x, weight, ..., bias, ...)`` takes a batch of shape (flows, d, n) and the
    stacks of the layers, and returns z of the same shape and the log|det| of shape (flows, n).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, *parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Return z and log|det df/dx|."""
        weights, biases = parameters[: len(parameters) // 2], parameters[len(parameters) // 2 :]
        if not any(ctx.needs_input_grad):
            return CouplingWorkspace(weights, biases, x.shape[-1]).forward(x)
        ctx.save_for_backward(*parameters)
        ctx.workspace = GradientWorkspace(weights, biases, x.shape[-1])
        z, log_det = ctx.workspace.forward(x)
        # A copy: the caller may change it, and backward reads the memory that it lies in.
        return z.clone(), log_det

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_z: Tensor, g_log_det: Tensor) -> tuple[Tensor, ...]:
        """Return the gradients by x and by every stack."""
        _ = ctx.saved_tensors  # Raises where a parameter has changed since.
        g_x = ctx.workspace.backward(g_z, g_log_det)
        # Copies: a second backward pass through the same graph overwrites the memory.
        gradients = g_x, *ctx.workspace.g_weights, *ctx.workspace.g_biases
        return tuple(gradient.clone() for gradient in gradients)


def state_shapes(
    features: int, n_flows: int, hidden: Sequence[int]
) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return the type and the shape of each array that ``RealNVP.arrays`` returns.

    Of flows that read so many columns.

    Examples
    --------
    >>> state_shapes(4, 2, (3,))["flow.weights.0"]
    ('float32', (6, 4, 3, 2))
    """
    transformed = max(features // 2, 1)
    widths = (features - transformed, *hidden, transformed)
    found: dict[str, tuple[str, tuple[int, ...]]] = {"flow.order": ("int64", (n_flows, features))}
    for layer, (n_in, n_out) in enumerate(pairwise(widths)):
        stack = N_COUPLINGS, 2 * n_flows, n_out
        found[f"flow.weights.{layer}"] = "float32", (*stack, n_in)
        found[f"flow.biases.{layer}"] = "float32", (*stack, 1)
    return found


def log_density(z: Tensor, log_det: Tensor) -> Tensor:
    """Return log p(x) from z = f(x), of shape (flows, d, n), and log|det df/dx|.

    Examples
    --------
    >>> log_density(torch.zeros(1, 2, 3), torch.tensor([[0.0, 1.0, 2.0]]))
    tensor([[-1.8379, -0.8379,  0.1621]])
    """
    return log_det - 0.5 * (z.square().sum(1) + z.shape[1] * math.log(2 * math.pi))


def as_tensor(rows: NDArray[np.floating], largest: float, device: torch.device) -> Tensor:
    """Return rows in float32 on a device, clipped to what flows can carry."""
    return torch.as_tensor(rows.clip(-largest, largest), dtype=torch.float32).to(device)
