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
of a batch that the model itself finds likely, the least likely eps of them left out.

**Stack.** The weights of the s and t networks of all members lie in one tensor a layer, of shape
``(couplings, 2 * members, n_in, n_out)``, s and t taking turns on the second axis: a layer of a
coupling is one batched product, however many members there are.

References
----------
Dinh, Sohl-Dickstein, Bengio (2017), Density estimation using Real NVP.
https://arxiv.org/abs/1605.08803

Liu, Tan, Zhou (2022), Unsupervised Anomaly Detection by Robust Density Estimation, AAAI,
equation 1.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from . import lipschitz

N_COUPLINGS = 6


class RealNVP(nn.Module):
    """Independent RealNVP flows of one shape, evaluated together.

    Parameters
    ----------
    features : int
        The number of columns d, at least 1.
    members : int, default=1
        The number of flows M.
    hidden : sequence of int, default=(64, 64)
        The widths of the hidden layers of s and of t.
    generator : torch.Generator, optional
        The source of the initial weights and of each member's order of the columns.

    Examples
    --------
    >>> flow = RealNVP(3, members=2, generator=torch.Generator().manual_seed(0))
    >>> x = torch.zeros(5, 3)
    >>> flow.log_prob(x).shape
    torch.Size([2, 5])
    """

    weights: nn.ParameterList
    biases: nn.ParameterList
    order: Tensor

    def __init__(
        self,
        features: int,
        members: int = 1,
        hidden: Sequence[int] = (64, 64),
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        self.features = features
        self.members = members
        self.hidden = tuple(hidden)
        self.transformed = max(features // 2, 1)
        widths = (features - self.transformed, *hidden, self.transformed)
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for n_in, n_out in pairwise(widths):
            bound = 1 / math.sqrt(max(n_in, 1))
            for parameters, rows in ((self.weights, n_in), (self.biases, 1)):
                shape = (N_COUPLINGS, 2 * members, rows, n_out)
                values = torch.rand(shape, generator=generator, dtype=torch.float32)
                parameters.append(nn.Parameter((2 * values - 1) * bound))
        noise = torch.rand(members, features, generator=generator, dtype=torch.float32)
        self.register_buffer("order", noise.argsort(dim=1))

    def couplings(self) -> list[list[tuple[Tensor, Tensor]]]:
        """Return, for each coupling, the weights and biases of its layers.

        Unbinding each stack once spares the backward pass a full-sized gradient a coupling.

        Returns
        -------
        couplings : list of N_COUPLINGS lists of (weight, bias)
            Of shapes (2 * members, n_in, n_out) and (2 * members, 1, n_out).
        """
        layers = zip(self.weights, self.biases, strict=True)
        unbound = [zip(weight.unbind(), bias.unbind(), strict=True) for weight, bias in layers]
        return [list(layers) for layers in zip(*unbound, strict=True)]

    def transform(self, x: Tensor) -> tuple[Tensor, Tensor]:
        r"""Carry rows to the prior's space: z = f(x) and log|det df/dx|.

        Parameters
        ----------
        x : Tensor of shape (n, d) or (members, n, d)
            Rows shared by the members, or rows of each member's own.

        Returns
        -------
        z : Tensor of shape (members, n, d)
        log_det : Tensor of shape (members, n)
        """
        index = self.order[:, None, :].expand(-1, x.shape[-2], -1)
        z = x.expand(self.members, *x.shape[-2:]).gather(2, index)
        log_det = z.new_zeros(z.shape[:2])
        for layers in self.couplings():
            z_b, z_a = z[..., : self.transformed], z[..., self.transformed :]
            s, t = networks(layers, z_a)
            z = torch.cat((z_a, (z_b - t) * torch.exp(-s)), dim=-1)
            log_det = log_det - s.sum(-1)
        return z, log_det

    def inverse(self, z: Tensor) -> Tensor:
        """Carry points of the prior's space back to rows: x with transform(x) = z.

        Parameters
        ----------
        z : Tensor of shape (members, n, d)

        Returns
        -------
        x : Tensor of shape (members, n, d)
        """
        read = self.features - self.transformed
        for layers in reversed(self.couplings()):
            z_a, z_b = z[..., :read], z[..., read:]
            s, t = networks(layers, z_a)
            z = torch.cat((z_b * torch.exp(s) + t, z_a), dim=-1)
        index = self.order.argsort(dim=1)[:, None, :].expand(-1, z.shape[1], -1)
        return z.gather(2, index)

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x) under each member, in nats.

        Parameters
        ----------
        x : Tensor of shape (n, d) or (members, n, d)

        Returns
        -------
        log_prob : Tensor of shape (members, n)
        """
        z, log_det = self.transform(x)
        log_prior = -0.5 * (z.square().sum(-1) + self.features * math.log(2 * math.pi))
        return log_prior + log_det

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw rows from each member.

        Parameters
        ----------
        n : int
        generator : torch.Generator, optional
            On the CPU.

        Returns
        -------
        x : Tensor of shape (members, n, d)
        """
        like = self.biases[0]
        z = torch.randn(self.members, n, self.features, dtype=like.dtype, generator=generator)
        return self.inverse(z.to(like.device))

    def sigma(self) -> Tensor:
        """Return the largest singular value of every matrix of s and t, exactly.

        Returns
        -------
        sigma : Tensor of shape (layers, couplings, 2 * members), float64
        """
        return torch.stack([lipschitz.spectral_norm(weight) for weight in self.weights])


def views_of(members: int, views: int) -> Tensor:
    """Return which view of the rows each member sees: they take turns.

    Examples
    --------
    >>> views_of(5, 2).tolist()
    [0, 1, 0, 1, 0]
    """
    return torch.arange(members) % views


def networks(layers: list[tuple[Tensor, Tensor]], x_a: Tensor) -> tuple[Tensor, Tensor]:
    """Return the log-scale s and the shift t of one coupling.

    Parameters
    ----------
    layers : list of (weight, bias)
        Of shapes (2 * members, n_in, n_out) and (2 * members, 1, n_out).
    x_a : Tensor of shape (members, n, d - b)
        The columns that are read.

    Returns
    -------
    s, t : Tensor of shape (members, n, b)
        s lies in [-1, 1].
    """
    h = x_a.repeat_interleave(2, dim=0)
    for weight, bias in layers[:-1]:
        h = leaky_relu(torch.baddbmm(bias, h, weight), 0.01)
    weight, bias = layers[-1]
    h = torch.baddbmm(bias, h, weight)
    return h[0::2].tanh(), h[1::2]
