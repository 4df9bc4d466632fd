r"""The matrix products of the flows alone: how many operations they are and how fast they can go.

A step reads every entry of every weight once a row on the way there, and twice on the way back, for
the gradients by the weights and by what the layer read (that of the first coupling, too, which no
training needs but ours computes). A product of an (m, k) by a (k, n) matrix
is 2 m k n operations, so that a flow with w weights, of all its flows, couplings and networks,
takes

.. math:: 2 w \text{ operations a row to score}, \quad 6 w \text{ to train}.

The products run here on the very views that ``couplings.py`` lays out, so that shapes, orientation
and memory are those of the training and of the scoring; all that happens between them is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from pyod_robustnvp.couplings import CouplingWorkspace, GradientWorkspace
from pyod_robustnvp.flow import RealNVP

#: Two stacks of matrices and the memory for their products.
Product = tuple[Tensor, Tensor, Tensor]


def operations_to_score(flow: RealNVP) -> int:
    """Return the operations of the products that score a row.

    Examples
    --------
    >>> operations_to_score(RealNVP(2, n_flows=1, hidden=(3,)))
    144
    """
    return 2 * sum(weight.numel() for weight in flow.weights)


def operations_to_train(flow: RealNVP) -> int:
    """Return the operations of the products that train on a row, each flow on one of its own."""
    return 3 * operations_to_score(flow)


def forward_products(workspace: CouplingWorkspace) -> Iterator[Product]:
    """Yield the products of a way through the couplings."""
    for coupling in workspace.couplings:
        for layer in coupling.layers:
            yield layer.weight, layer.h, layer.out


def backward_products(workspace: GradientWorkspace) -> Iterator[Product]:
    """Yield the products of the way back."""
    for coupling in reversed(workspace.returns):
        for layer in reversed(coupling.layers):
            yield layer.g_out, layer.h.mT, layer.g_weight
            yield layer.weight.mT, layer.g_out, layer.g_h


def of_training(flow: RealNVP, n: int) -> list[Product]:
    """Return the products of a training step on n rows a flow."""
    workspace = GradientWorkspace(flow.weights, flow.biases, n)
    z, log_det = workspace.forward(torch.randn(flow.n_flows, flow.features, n))
    workspace.backward(z, torch.zeros_like(log_det))
    return [*forward_products(workspace), *backward_products(workspace)]


def of_scoring(flow: RealNVP, n: int) -> list[Product]:
    """Return the products that score a block of n rows."""
    workspace = CouplingWorkspace(flow.weights, flow.biases, n)
    workspace.forward(torch.randn(flow.n_flows, flow.features, n))
    return list(forward_products(workspace))


@torch.no_grad()
def multiply(products: list[Product]) -> None:
    """Run the products."""
    for left, right, out in products:
        torch.bmm(left, right, out=out)
