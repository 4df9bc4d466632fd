"""The maths of the flow in float64, against autograd and against a flow written out in loops."""

import math

import numpy as np
import pytest
import torch

from pyod_robustnvp.flow import N_COUPLINGS, RealNVP

DIMENSIONS = [1, 2, 3, 7, 64]
N_FLOWS = [1, 2, 8]


def make(features, n_flows=1, hidden=(16, 16), seed=0):
    generator = torch.Generator().manual_seed(seed)
    return RealNVP(features, n_flows, hidden, generator).double()


def rows(n, features, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(n, features, generator=generator, dtype=torch.float64)


def perceptron(flow, coupling, network, values):
    """One network of one coupling, in numpy, layer by layer."""
    for layer, (weight, bias) in enumerate(zip(flow.weights, flow.biases, strict=True)):
        values = weight[coupling, network].detach().numpy() @ values
        values = values + bias[coupling, network, :, 0].detach().numpy()
        if layer < len(flow.weights) - 1:
            values = np.where(values > 0, values, 0.01 * values)
    return values


def log_prob_in_loops(flow, member, row):
    """Equation 1 of Liu et al. (2022), inverted, for one row and one member."""
    z = row.numpy()[flow.order[member].numpy()]
    log_prob = 0.0
    for coupling in range(N_COUPLINGS):
        z_b, z_a = z[: flow.transformed], z[flow.transformed :]
        s = np.tanh(perceptron(flow, coupling, 2 * member, z_a))
        t = perceptron(flow, coupling, 2 * member + 1, z_a)
        z = np.concatenate([z_a, (z_b - t) * np.exp(-s)])
        log_prob -= s.sum()
    return log_prob - 0.5 * (z @ z) - 0.5 * len(z) * math.log(2 * math.pi)


@pytest.mark.parametrize("n_flows", N_FLOWS)
@pytest.mark.parametrize("features", DIMENSIONS)
def test_log_prob_equals_the_loops(features, n_flows):
    flow, x = make(features, n_flows), rows(3, features)
    expected = [[log_prob_in_loops(flow, m, row) for row in x] for m in range(n_flows)]
    np.testing.assert_allclose(flow.log_prob(x).detach().numpy(), expected, rtol=1e-10)


@pytest.mark.parametrize("n_flows", N_FLOWS)
@pytest.mark.parametrize("features", DIMENSIONS)
def test_log_det_equals_autograd(features, n_flows):
    flow, x = make(features, n_flows), rows(2, features)
    _, log_det = flow.transform(x)
    for i, row in enumerate(x):
        jacobian = torch.autograd.functional.jacobian(
            lambda r: flow.transform(r[None])[0][:, 0, :], row
        )
        expected = torch.linalg.slogdet(jacobian).logabsdet
        torch.testing.assert_close(log_det[:, i], expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("n_flows", N_FLOWS)
@pytest.mark.parametrize("features", DIMENSIONS)
def test_round_trips(features, n_flows):
    flow, x = make(features, n_flows), rows(5, features)
    z, _ = flow.transform(x)
    torch.testing.assert_close(flow.inverse(z), x.expand_as(z), rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(flow.transform(flow.inverse(z))[0], z, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("features", DIMENSIONS)
def test_every_column_is_transformed(features):
    # With biases of 0.3 no coupling leaves its columns alone: only a skipped one keeps its value.
    flow, x = make(features), rows(1, features)
    with torch.no_grad():
        for bias in flow.biases:
            bias.fill_(0.3)
    z, _ = flow.transform(x)
    assert not torch.isin(x.flatten(), z.flatten()).any()


@pytest.mark.parametrize("features", [2, 3, 7])
def test_a_flow_of_a_stack_equals_one_with_its_weights_alone(features):
    flow, x = make(features, n_flows=3), rows(4, features)
    for member in range(3):
        alone = make(features)
        alone.order = flow.order[member : member + 1]
        with torch.no_grad():
            pair = slice(2 * member, 2 * member + 2)
            for part in ("weights", "biases"):
                for own, stacked in zip(getattr(alone, part), getattr(flow, part), strict=True):
                    own.copy_(stacked[:, pair])
        torch.testing.assert_close(alone.log_prob(x)[0], flow.log_prob(x)[member])


def test_flows_may_have_rows_of_their_own():
    flow, x = make(3, n_flows=2), rows(8, 3).view(2, 4, 3)
    own = flow.log_prob(x)
    torch.testing.assert_close(own[0], flow.log_prob(x[0])[0])
    torch.testing.assert_close(own[1], flow.log_prob(x[1])[1])


@pytest.mark.parametrize("features", DIMENSIONS)
def test_gradients_reach_every_parameter(features):
    flow = make(features, n_flows=2)
    flow.log_prob(rows(20, features)).sum().backward()
    for parameter in flow.parameters():
        if parameter.numel():
            assert parameter.grad.abs().amax(dim=(2, 3)).min() > 0


def test_the_density_integrates_to_one():
    flow = make(2, seed=3)
    axis = torch.linspace(-12, 12, 601, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    mass = flow.log_prob(grid).exp().sum() * (axis[1] - axis[0]) ** 2
    assert mass.item() == pytest.approx(1, abs=1e-3)


def test_samples_go_back_to_the_prior():
    flow = make(3, n_flows=2)
    x = flow.sample(2000, torch.Generator().manual_seed(2))
    assert x.shape == (2, 2000, 3)
    z, _ = flow.transform(x)
    assert z.mean().abs() < 0.05
    assert abs(z.var() - 1) < 0.05


def test_sampling_follows_the_generator():
    flow = make(3)
    first, again = (flow.sample(4, torch.Generator().manual_seed(2)) for _ in range(2))
    assert torch.equal(first, again)


def test_sigma_lists_every_matrix():
    flow = make(5, n_flows=2, hidden=(4, 6))
    assert flow.sigma().shape == (3, N_COUPLINGS, 4)
    expected = np.linalg.norm(flow.weights[1][2, 3].detach().numpy(), ord=2)
    assert flow.sigma()[1, 2, 3].item() == pytest.approx(expected)


def test_the_networks_may_have_no_hidden_layer():
    flow, x = make(4, hidden=()), rows(2, 4)
    assert len(flow.weights) == 1
    torch.testing.assert_close(flow.inverse(flow.transform(x)[0])[0], x)


@pytest.mark.parametrize("size", [1.0, 1e6, 1e12, 1e15])
def test_blocks_in_float32_follow_float64(size):
    flow = RealNVP(3, 4, (16,), torch.Generator().manual_seed(0))
    x = size * rows(10, 3).expand(2, -1, -1)
    found = flow.log_prob_by_blocks(x.float())
    expected = flow.double().log_prob(x[0])
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_blocks_that_overflow_float32_are_done_in_float64():
    flow = RealNVP(3, 2, (16, 16), torch.Generator().manual_seed(0))
    with torch.no_grad():
        for weight in flow.weights:
            weight.mul_(1e3)
    x = 1e15 * rows(5, 3)[None]
    x[0, 0] = 1
    assert not flow.double().float().transform(x[0].float())[0].isfinite().all()
    found = flow.log_prob_by_blocks(x.float())
    assert found.isfinite().all()
    torch.testing.assert_close(found, flow.double().log_prob(x[0]), rtol=1e-4, atol=1e-4)


def test_one_flow_alone_starts_as_the_papers():
    """The second half of the columns first, and weights as of networks that read all columns."""
    one = RealNVP(16, hidden=(32, 32), generator=torch.Generator().manual_seed(0))
    two = RealNVP(16, n_flows=2, hidden=(32, 32), generator=torch.Generator().manual_seed(0))
    assert one.order.tolist() == [[*range(8, 16), *range(8)]]
    assert two.order.tolist() != [list(range(16))] * 2
    assert two.order.sort(dim=1).values.tolist() == [list(range(16))] * 2
    for flow, columns in ((one, 16), (two, 8)):
        bounds = [1 / math.sqrt(fan) for fan in (columns, 32, 32)]
        for weight, bias, bound in zip(flow.weights, flow.biases, bounds, strict=True):
            assert 0.95 * bound < weight.abs().max() <= bound
            assert bias.abs().max() <= bound


def test_running_out_of_memory_while_stacks_are_joined_is_said_as_such(monkeypatch):
    stacks = [make(3, seed=seed).requires_grad_(False) for seed in range(2)]

    def without_memory(*_):
        raise MemoryError

    monkeypatch.setattr(torch.Tensor, "copy_", without_memory)
    with pytest.raises(MemoryError):
        RealNVP.joined(stacks)
