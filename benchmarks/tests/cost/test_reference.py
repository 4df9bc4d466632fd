"""The reference is a sane flow, and so are the contestants of libraries."""

import sys

import pytest
import torch

from benchmarks.cost import reference


@pytest.mark.parametrize("columns", [1, 2, 5])
def test_log_det_of_the_reference_is_that_of_its_jacobian(columns):
    torch.manual_seed(0)
    model = reference.Reference(columns, width=8).double().eval()
    x = torch.randn(3, columns, dtype=torch.float64)
    jacobians = torch.stack(
        [torch.autograd.functional.jacobian(lambda v: model(v[None])[0][0], row) for row in x]
    )
    z, log_det = model(x)
    torch.testing.assert_close(log_det, torch.linalg.slogdet(jacobians).logabsdet)
    nll = -torch.distributions.Normal(0, 1).log_prob(z).sum(1) - log_det
    torch.testing.assert_close(model.nll(x), nll)


def test_reference_transforms_every_column():
    model = reference.Reference(5, width=8).eval()
    x = torch.randn(7, 5)
    assert (model(x)[0] != x).all()


def test_reference_keeps_its_cap():
    torch.manual_seed(0)
    model = reference.Reference(6, width=32, k=0.3)
    before = [part.raw.clone() for part in model.modules() if hasattr(part, "raw")]
    for _ in range(100):
        model(torch.randn(8, 6))
    capped = [part for part in model.modules() if hasattr(part, "raw")]
    assert len(capped) == 6 * 2 * 3
    for linear, raw in zip(capped, before, strict=True):
        sigma = torch.linalg.matrix_norm(linear.weight, ord=2)
        whole = torch.linalg.matrix_norm(raw, ord=2)
        torch.testing.assert_close(sigma, whole.clamp_max(0.3), rtol=0.02, atol=0)
        assert torch.equal(linear.raw, raw)


def test_cap_passes_gradients_to_the_weights():
    model = reference.Reference(4, width=8)
    model.nll(torch.randn(16, 4)).mean().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_trimmed_loss_leaves_out_the_least_likely():
    assert reference.trimmed(torch.tensor([1.0, 100.0, 3.0, 2.0]), eps=0.25).item() == 2


def test_reference_learns_a_density(gaussian):
    torch.manual_seed(0)
    flow = reference.fit("reference", gaussian, steps=80, width=16)
    far = gaussian + 4
    assert reference.score(flow.nll, gaussian).mean() < reference.score(flow.nll, far).mean()


@pytest.mark.parametrize("name", reference.FLOWS)
def test_steps_lower_the_loss(name, gaussian):
    if name != "reference":
        pytest.importorskip(name)
    torch.manual_seed(0)
    step = reference.contestant(name, gaussian, width=16, batch_size=64).step
    losses = torch.stack([step() for _ in range(150)])
    assert losses.isfinite().all()
    assert losses[-20:].mean() < losses[:20].mean() - 0.2


@pytest.mark.parametrize("name", ["zuko", "normflows"])
def test_a_missing_library_is_said(name, gaussian, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, f"{name}.flows", raising=False)
    with pytest.raises(ImportError, match=rf"needs {name}.*pyod-robustnvp\[speed\]"):
        reference.contestant(name, gaussian)
