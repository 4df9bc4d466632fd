"""The cap against numpy's singular values."""

import numpy as np
import pytest
import torch

from pyod_robustnvp import lipschitz

SHAPES = [(2, 3, 8, 5), (1, 1, 1, 7), (4, 1, 64, 64), (3, 2, 1, 1)]


def random(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def numpy_norms(weight):
    return np.linalg.svd(weight.double().numpy(), compute_uv=False)[..., 0]


@pytest.mark.parametrize("shape", SHAPES)
def test_spectral_norm_is_the_largest_singular_value(shape):
    weight = random(*shape)
    np.testing.assert_allclose(lipschitz.spectral_norm(weight).numpy(), numpy_norms(weight))


def test_spectral_norm_of_a_matrix_without_rows_is_zero():
    assert lipschitz.spectral_norm(torch.zeros(6, 2, 0, 3)).tolist() == [[0.0, 0.0]] * 6


@pytest.mark.parametrize("shape", SHAPES)
def test_power_iteration_rises_to_the_largest_singular_value_and_never_above(shape):
    weight, v = random(*shape), random(*shape[:2], 1, shape[2], seed=1)
    exact = numpy_norms(weight)
    former = np.zeros_like(exact)
    for _ in range(500):
        sigma, v = lipschitz.power_iteration(weight, v)
        estimate = sigma.numpy()[..., 0, 0]
        assert (estimate >= former * (1 - 1e-12)).all()
        assert (estimate <= exact * (1 + 1e-12)).all()
        former = estimate
    np.testing.assert_allclose(former, exact, rtol=1e-3)


def test_power_iteration_of_a_zero_matrix_stays_finite():
    sigma, v = lipschitz.power_iteration(torch.zeros(3, 4), torch.ones(1, 3))
    assert sigma.item() == 0
    assert torch.isfinite(v).all()


def test_cap_changes_only_matrices_above_the_bound():
    weight = torch.stack([torch.diag(torch.tensor(d)) for d in ([3.0, 1.0], [1.0, 0.5])])
    v = torch.tensor([[[1.0, 0.0]], [[1.0, 0.0]]])
    lipschitz.cap_(weight, v, k=1.5)
    assert weight.diagonal(dim1=1, dim2=2).tolist() == [[1.5, 0.5], [1.0, 0.5]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("k", [0.3, 1.0, 1.5])
@pytest.mark.parametrize("shape", SHAPES)
def test_certified_matrices_never_exceed_k(shape, k, dtype):
    weight = random(*shape).to(dtype)
    lipschitz.certify_(weight, k)
    assert (numpy_norms(weight) <= k).all()


def test_certify_leaves_small_matrices_alone():
    weight = random(2, 3, 4, 4) * 1e-3
    before = weight.clone()
    lipschitz.certify_(weight, 1.0)
    assert torch.equal(weight, before)
