r"""A batch through the couplings of all flows and back, in memory that is laid out once.

**Trail.** A batch lies with its columns first, ``(flows, d, n)``, so that the rows are the long
axis of every product. Since each coupling drops b columns in front and adds as many at the end, the
batch and all that becomes of it lie in one tensor: coupling c finds its columns at
``[c * b, c * b + d)``.

**Gradient.** The backward pass is written out: autograd would run several times as many operations,
and allocate each result anew. With :math:`z_b' = (z_b - t) e^{-s}`, the gradients g of a loss by z'
and h by log|det| give

.. math:: g_{z_b} = g_b e^{-s}, \quad g_t = -g_{z_b}, \quad g_s = -(g_b z_b' + h),

which go back through tanh and the layers of s and t as in any perceptron.

**Tanh.** A coupling uses :math:`-s = -\tanh u = 1 - 2 / (1 + e^{-2u})`, by torch's sigmoid, which
is faster than its tanh. The last layer, one product for s and t, therefore writes 2u and 2t.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import leaky_relu_

SLOPE = 0.01
# As a tensor: with it 1 - 2 x is one operation.
ONE = torch.ones((), device="cpu")

# In place: the gradient by a layer's output takes the place of the one after LeakyReLU.
leaky_relu_backward = torch.ops.aten.leaky_relu_backward.grad_input


class Layer(NamedTuple):
    """A layer of the networks of a coupling: its parameters, what it reads and what it writes."""

    weight: Tensor
    bias: Tensor
    h: Tensor
    out: Tensor

    def of_both(self) -> Layer:
        """Return the layer with s and t of a flow as one, for where both read the same h."""
        return Layer(stacked(self.weight), stacked(self.bias), self.h, stacked(self.out))

    def apply(self, times: int = 1) -> Tensor:
        """Write and return weight h + bias, or a multiple of it."""
        return torch.baddbmm(self.bias, self.weight, self.h, beta=times, alpha=times, out=self.out)


class LayerGradient(NamedTuple):
    """The way back through a layer: from the gradient by out to those by all that made it."""

    weight: Tensor
    h: Tensor
    g_out: Tensor
    g_weight: Tensor
    g_bias: Tensor
    g_h: Tensor

    def of_both(self) -> LayerGradient:
        """Return the way back with s and t of a flow as one."""
        weight, h, g_out, g_weight, g_bias, g_h = self
        return LayerGradient(
            stacked(weight), h, stacked(g_out), stacked(g_weight), stacked(g_bias), g_h
        )

    def apply(self) -> Tensor:
        """Write the gradients and return the one by h."""
        torch.bmm(self.g_out, self.h.mT, out=self.g_weight)
        torch.sum(self.g_out, -1, keepdim=True, out=self.g_bias)
        return torch.bmm(self.weight.mT, self.g_out, out=self.g_h)


class Coupling(NamedTuple):
    """A coupling's layers, the columns that it drops and adds, its -s and exp(-s)."""

    layers: list[Layer]
    z_b: Tensor
    z_new: Tensor
    minus_s: Tensor
    scale: Tensor


class CouplingGradient(NamedTuple):
    """The way back through a coupling."""

    layers: list[LayerGradient]
    g_z_b: Tensor
    g_z_a: Tensor
    g_new: Tensor
    slope: Tensor


class CouplingWorkspace:
    """Memory for batches of n rows, and the views of it that the couplings work on.

    Parameters
    ----------
    weights, biases : iterable of Tensor
        The stacks of the layers, of shapes (couplings, 2 * flows, n_out, n_in) and
        (couplings, 2 * flows, n_out, 1), used where they lie: the workspace follows their changes.
    n : int
        Rows of a batch.
    keep : bool, default=False
        Whether each coupling keeps what its layers return; else they share the memory for it.

    Examples
    --------
    >>> shift = torch.tensor([0.0, 1.0]).view(1, 2, 1, 1)
    >>> workspace = CouplingWorkspace([torch.zeros(1, 2, 1, 1)], [shift], n=3)
    >>> workspace.forward(torch.tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]))[0].tolist()
    [[[4.0, 5.0, 6.0], [0.0, 1.0, 2.0]]]
    """

    def __init__(
        self, weights: Iterable[Tensor], biases: Iterable[Tensor], n: int, keep: bool = False
    ) -> None:
        self.weights, self.biases = ([p.detach() for p in part] for part in (weights, biases))
        couplings, networks, b, _ = self.weights[-1].shape
        flows, d = networks // 2, b + self.weights[0].shape[-1]
        new = self.weights[0].new_empty
        self.cuts = (b, d)
        self.trail = new(flows, d + couplings * b, n)
        # By flows first, as what lies together is summed much faster.
        self.minus_s = new(flows, couplings, b, n)
        self.scale = new(couplings, flows, b, n)
        self.last, self.shifted = new(networks, b, n), new(flows, b, n)
        hidden = [new(couplings if keep else 1, networks, w.shape[2], n) for w in self.weights[:-1]]
        self.hidden = [h.expand(couplings, -1, -1, -1) for h in hidden]
        self.couplings = [self._coupling(c) for c in range(couplings)]

    def _columns(self, trail: Tensor, c: int) -> tuple[Tensor, ...]:
        """Return the columns that coupling c drops, reads and adds."""
        b, d = self.cuts
        return trail[:, c * b : (c + 1) * b + d].tensor_split(self.cuts, dim=1)

    def _coupling(self, c: int) -> Coupling:
        z_b, z_a, z_new = self._columns(self.trail, c)
        hidden = at(c, self.hidden)
        ends = [z_a, *hidden], [*hidden, self.last]
        first, *rest = map(Layer, at(c, self.weights), at(c, self.biases), *ends)
        layers = [first.of_both(), *rest]
        return Coupling(layers, z_b, z_new, self.minus_s[:, c], self.scale[c])

    @torch.no_grad()
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Carry a batch through all couplings.

        Parameters
        ----------
        x : Tensor of shape (flows, d, n)

        Returns
        -------
        z : Tensor of shape (flows, d, n)
            In this memory: the next batch overwrites it.
        log_det : Tensor of shape (flows, n)
        """
        d = x.shape[1]
        self.trail[:, :d] = x
        two_u, two_t = self.last[0::2], self.last[1::2]
        for layers, z_b, z_new, minus_s, scale in self.couplings:
            run(layers)
            torch.exp(minus_tanh(two_u, out=minus_s), out=scale)
            torch.mul(torch.sub(z_b, two_t, alpha=0.5, out=self.shifted), scale, out=z_new)
        return self.trail[:, -d:], self.minus_s.flatten(1, 2).sum(1)

    @torch.no_grad()
    def inverse(self, z: Tensor) -> Tensor:
        """Carry a batch back against the couplings.

        Parameters
        ----------
        z : Tensor of shape (flows, d, n)

        Returns
        -------
        x : Tensor of shape (flows, d, n)
            In this memory: the next batch overwrites it.
        """
        d = z.shape[1]
        self.trail[:, -d:] = z
        two_u, two_t = self.last[0::2], self.last[1::2]
        for layers, z_b, z_new, minus_s, _ in reversed(self.couplings):
            run(layers)
            exp_s = minus_tanh(two_u, out=minus_s).neg().exp()
            torch.addcmul(two_t / 2, z_new, exp_s, out=z_b)
        return self.trail[:, :d]


class GradientWorkspace(CouplingWorkspace):
    """A workspace that also carries gradients back.

    Attributes
    ----------
    g_weights, g_biases : list of Tensor
        The gradients by the parameters, which ``backward`` overwrites.
    """

    def __init__(self, weights: Iterable[Tensor], biases: Iterable[Tensor], n: int) -> None:
        super().__init__(weights, biases, n, keep=True)
        self.g_weights = [torch.empty_like(weight) for weight in self.weights]
        self.g_biases = [torch.empty_like(bias) for bias in self.biases]
        self.g_trail, self.slope = torch.empty_like(self.trail), torch.empty_like(self.minus_s)
        self.g_hidden = [torch.empty_like(h[0]) for h in self.hidden]
        self.g_read = torch.empty_like(self._columns(self.trail, 0)[1])
        self.returns = [self._gradient(c) for c in range(len(self.couplings))]

    def _gradient(self, c: int) -> CouplingGradient:
        reads = [layer.h for layer in self.couplings[c].layers]
        # The last outputs have served: their gradient takes their place.
        g_outs, g_reads = [*self.g_hidden, self.last], [self.g_read, *self.g_hidden]
        g_parameters = at(c, self.g_weights), at(c, self.g_biases)
        first, *rest = map(
            LayerGradient, at(c, self.weights), reads, g_outs, *g_parameters, g_reads
        )
        g_z_b, g_z_a, g_new = self._columns(self.g_trail, c)
        return CouplingGradient([first.of_both(), *rest], g_z_b, g_z_a, g_new, self.slope[:, c])

    @torch.no_grad()
    def backward(self, g_z: Tensor, g_log_det: Tensor) -> Tensor:
        """Carry the gradients of a loss back from what ``forward`` returned.

        Parameters
        ----------
        g_z : Tensor of shape (flows, d, n)
        g_log_det : Tensor of shape (flows, n)

        Returns
        -------
        g_x : Tensor of shape (flows, d, n)
            In this memory: the next batch overwrites it.
        """
        d = g_z.shape[1]
        self.g_trail[:, -d:] = g_z
        torch.square(self.minus_s, out=self.slope).sub_(1)
        h, g_last_s, g_t = g_log_det[:, None], self.last[0::2], self.last[1::2]
        for coupling, (layers, g_z_b, g_z_a, g_new, slope) in zip(
            reversed(self.couplings), reversed(self.returns), strict=True
        ):
            torch.mul(g_new, coupling.scale, out=g_z_b)
            torch.neg(g_z_b, out=g_t)
            g_s = torch.addcmul(h, g_new, coupling.z_new, out=self.shifted)
            torch.mul(g_s, slope, out=g_last_s)
            for layer in layers[:0:-1]:
                g_h = layer.apply()
                leaky_relu_backward(g_h, layer.h, SLOPE, True, grad_input=g_h)
            g_z_a += layers[0].apply()
        return self.g_trail[:, :d]


class KeptWorkspace(threading.local):
    """The last workspace of each thread, for batches that take less time than to lay one out.

    A copy keeps none.
    """

    last: CouplingWorkspace | None = None

    def of(self, weights: Iterable[Tensor], biases: Iterable[Tensor], n: int) -> CouplingWorkspace:
        """Return the workspace, laid out where there is none for these parameters and so many."""
        weights = list(weights)
        last = self.last
        if last is None or last.trail.shape[-1] != n or not _lie_alike(last.weights, weights):
            last = self.last = CouplingWorkspace(weights, biases, n)
        return last

    def __reduce__(self) -> tuple[type[KeptWorkspace], tuple[()]]:
        """Begin anew."""
        return KeptWorkspace, ()


def _lie_alike(some: Sequence[Tensor], others: Sequence[Tensor]) -> bool:
    return all(a.data_ptr() == b.data_ptr() for a, b in zip(some, others, strict=True))


def run(layers: list[Layer]) -> None:
    """Write twice what the networks of a coupling return, before tanh."""
    for layer in layers[:-1]:
        leaky_relu_(layer.apply(), SLOPE)
    layers[-1].apply(times=2)


def minus_tanh(two_u: Tensor, out: Tensor) -> Tensor:
    """Write and return -tanh(u).

    Examples
    --------
    >>> minus_tanh(torch.tensor([-1e9, 0.0, 1e9]), out=torch.empty(3)).tolist()
    [1.0, 0.0, -1.0]
    """
    sigmoid = torch.sigmoid(two_u, out=out)
    return torch.sub(ONE, sigmoid, alpha=2, out=out)


def at(c: int, stacks: Sequence[Tensor]) -> list[Tensor]:
    """Return the part of each stack that belongs to coupling c."""
    return [stack[c] for stack in stacks]


def stacked(networks: Tensor) -> Tensor:
    """Put s and t of a flow one below the other: (2M, rows, n) becomes (M, 2 * rows, n).

    A view: where the memory does not allow one, this is an error.
    """
    count, rows, n = networks.shape
    return networks.view(count // 2, 2 * rows, n)
