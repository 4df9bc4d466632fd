"""The counts of operations are right."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.cost import products
from pyod_robustnvp.couplings import CouplingWorkspace, GradientWorkspace
from pyod_robustnvp.flow import RealNVP


@pytest.mark.parametrize(("d", "n_flows", "hidden"), [(9, 2, (8, 8)), (2, 3, (4,)), (5, 1, (6, 7))])
def test_operations_are_those_of_the_products_and_of_the_couplings(d, n_flows, hidden):
    flow, n = RealNVP(d, n_flows, hidden), 16
    training, scoring = products.of_training(flow, n), products.of_scoring(flow, n)
    gradients = GradientWorkspace(flow.weights, flow.biases, n)
    x = torch.randn(n_flows, d, n)

    def operations(run):
        with FlopCounterMode(display=False) as counter:
            run()
        return counter.get_total_flops()

    to_train, to_score = products.operations_to_train(flow), products.operations_to_score(flow)
    assert operations(lambda: products.multiply(training)) == n * to_train
    assert operations(lambda: gradients.backward(*gradients.forward(x))) == n * to_train
    assert operations(lambda: products.multiply(scoring)) == n * to_score
    workspace = CouplingWorkspace(flow.weights, flow.biases, n)
    assert operations(lambda: workspace.forward(x)) == n * to_score
