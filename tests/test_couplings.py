"""The hand-written gradient of the couplings, against finite differences in float64."""

import pytest
import torch

from pyod_robustnvp.couplings import CouplingWorkspace, GradientWorkspace, minus_tanh
from pyod_robustnvp.flow import RealNVP, Transform


def make(features, n_flows=2, hidden=(4, 3)):
    return RealNVP(features, n_flows, hidden, torch.Generator().manual_seed(0)).double()


def batch(features, n_flows=2, n=3):
    source = torch.Generator().manual_seed(1)
    return torch.randn(n_flows, features, n, generator=source, dtype=torch.float64)


@pytest.mark.parametrize("hidden", [(), (4,), (4, 3)])
@pytest.mark.parametrize("features", [1, 2, 3, 6])
def test_gradients_by_rows_and_parameters_equal_finite_differences(features, hidden):
    flow = make(features, hidden=hidden)
    x = batch(features).requires_grad_()
    assert torch.autograd.gradcheck(Transform.apply, (x, *flow.weights, *flow.biases))


@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 2e-7), (torch.float64, 4e-16)])
def test_minus_tanh_is_that_of_torch(dtype, error):
    u = torch.cat([torch.linspace(-30, 30, 10_001), torch.tensor([1e-30, 1e30])]).to(dtype)
    found = minus_tanh(2 * u, out=torch.empty_like(u))
    torch.testing.assert_close(found, -u.tanh(), rtol=0, atol=error)


def test_a_workspace_may_be_used_again():
    flow = make(3)
    used = GradientWorkspace(flow.weights, flow.biases, n=3)
    for scale in (1.0, 2.0):
        x = scale * batch(3)
        fresh = GradientWorkspace(flow.weights, flow.biases, n=3)
        for one in (used, fresh):
            z, log_det = one.forward(x)
            one.backward(z.clone(), log_det)
        for mine, theirs in zip(used.g_weights, fresh.g_weights, strict=True):
            assert torch.equal(mine, theirs)


def test_a_workspace_follows_its_parameters():
    flow = make(4)
    workspace = CouplingWorkspace(flow.weights, flow.biases, n=3)
    before = workspace.forward(batch(4))[0].clone()
    with torch.no_grad():
        flow.biases[-1].add_(1)
    assert not torch.allclose(workspace.forward(batch(4))[0], before)


def test_backward_notices_parameters_that_changed():
    flow = make(2)
    loss = flow.log_prob(batch(2).mT).sum()
    with torch.no_grad():
        flow.weights[0].add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_gradients_of_two_backward_passes_live_side_by_side():
    flow = make(3)
    log_prob = flow.log_prob(batch(3).mT)
    first, second = (
        torch.autograd.grad(log_prob[0, i], flow.weights[0], retain_graph=True)[0] for i in (0, 1)
    )
    alone = torch.autograd.grad(flow.log_prob(batch(3).mT)[0, 0], flow.weights[0])[0]
    assert torch.equal(first, alone)
    assert not torch.equal(first, second)


def test_what_the_caller_does_to_z_changes_no_gradient():
    flow = make(3)
    gradients = []
    for spoil in (False, True):
        z, log_det = flow.transform(batch(3).mT)
        if spoil:
            z.detach().zero_()
        gradients.append(torch.autograd.grad(log_det.sum(), flow.weights[0])[0])
    assert torch.equal(*gradients)


def test_parameters_that_a_view_cannot_follow_are_an_error():
    flow = make(4)
    turned = [weight.mT.contiguous().mT for weight in flow.weights]
    with pytest.raises(RuntimeError, match="view"):
        CouplingWorkspace(turned, flow.biases, n=3)
