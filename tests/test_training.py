"""The trimmed loss, its schedule and the training loop."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from torch.optim.adam import adam

from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.couplings import GradientWorkspace
from pyod_robustnvp.flow import RealNVP
from pyod_robustnvp.training import (
    TrainingSettings,
    _Adam,
    batches,
    kept_rows,
    set_gradients,
    shares,
    train,
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def run(x, seed=0, n_flows=1, **changes):
    settings = {"steps": 60, "batch_size": 32, "lr": 1e-2, "trim": 0.1, "caps": (1.5,), **changes}
    source = generator(seed)
    flow = RealNVP(x.shape[1], n_flows, (16,), source)
    return flow, train(flow, x[None], TrainingSettings(**settings), source)


@pytest.fixture
def x():
    return torch.randn(100, 3, generator=generator(1))


def test_a_pass_visits_every_row_once():
    stream = batches(12, 4, n_flows=2, generator=generator())
    visited = torch.cat([next(stream) for _ in range(3)], dim=1)
    assert visited.sort(dim=1).values.tolist() == [list(range(12))] * 2


def test_passes_and_flows_are_shuffled_on_their_own():
    stream = batches(50, 50, n_flows=2, generator=generator())
    first, second = next(stream), next(stream)
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first, second)


def test_a_short_last_batch_is_dropped():
    stream = batches(10, 4, n_flows=1, generator=generator())
    assert [next(stream).shape for _ in range(5)] == [(1, 4)] * 5


def test_the_kept_share_falls_linearly_over_the_first_steps():
    kept = [kept_rows(1000, 0.4, step, steps=100) for step in range(1, 101)]
    assert kept[:5] == [1000, 920, 840, 760, 680]
    assert set(kept[5:]) == {600}


def test_at_least_one_row_is_kept():
    assert kept_rows(2, 0.99, step=100, steps=100) == 1


def test_the_loss_is_the_mean_of_the_kept_rows():
    nll = torch.randn(3, 40, generator=generator(), dtype=torch.float64)
    expected = [np.sort(member)[:30].mean() for member in nll.numpy()]
    np.testing.assert_allclose((shares(nll, 30) * nll).sum(1), expected)


def test_trimmed_rows_have_no_share():
    assert shares(torch.tensor([[1.0, 5.0, 2.0]]), 2).tolist() == [[0.5, 0.0, 0.5]]


@pytest.mark.parametrize("hidden", [(), (4,)])
@pytest.mark.parametrize("features", [1, 3])
def test_the_gradients_of_a_step_are_those_of_the_trimmed_loss(features, hidden):
    flow = RealNVP(features, 2, hidden, generator()).double()
    rows = torch.randn(2, 20, features, generator=generator(1), dtype=torch.float64)
    workspace = GradientWorkspace(flow.weights, flow.biases, 20)
    loss = set_gradients(workspace, flow.ordered(rows), kept=15)
    nll = -flow.log_prob(rows)
    expected = nll.sort(dim=1).values[:, :15].mean(dim=1).sum()
    expected.backward()
    torch.testing.assert_close(loss, expected.detach())
    for mine, stack in zip(
        workspace.g_weights + workspace.g_biases, (*flow.weights, *flow.biases), strict=True
    ):
        torch.testing.assert_close(mine, stack.grad)


def test_a_row_left_out_may_be_infinitely_unlikely(x):
    flow = RealNVP(3, 1, (4,), generator())
    far = torch.cat([x[:9], torch.full((1, 3), 1e25)])[None]
    loss = set_gradients(
        GradientWorkspace(flow.weights, flow.biases, 10), flow.ordered(far), kept=9
    )
    assert loss.isfinite()


def test_training_lowers_the_loss_and_moves_every_parameter(x):
    flow, losses = run(x)
    before = RealNVP(3, 1, (16,), generator(0))
    assert losses[-1] < losses[0]
    for old, new in zip(before.parameters(), flow.parameters(), strict=True):
        assert not torch.equal(old, new)


def test_a_loss_an_epoch_is_kept(x):
    assert len(run(x, steps=60)[1]) == 20
    assert len(run(x, steps=61)[1]) == 21
    assert len(run(x, steps=3, batch_size=1000)[1]) == 3


def test_a_loss_is_not_asked_for_at_every_step(x, monkeypatch):
    events, value = [], torch.Tensor.__float__

    def asked(tensor):
        events.append("asked")
        return value(tensor)

    def step(*args):
        events.append("step")
        return set_gradients(*args)

    monkeypatch.setattr(torch.Tensor, "__float__", asked)
    monkeypatch.setattr("pyod_robustnvp.training.set_gradients", step)
    run(x, batch_size=len(x), steps=120)
    expected = [event for n in (50, 50, 20) for event in ("step", "asked") for _ in range(n)]
    assert events == expected


def test_the_loss_history_is_the_mean_over_flows(x):
    one, four = run(x)[1][-1], run(x, n_flows=4)[1][-1]
    assert four == pytest.approx(one, abs=0.5)


@pytest.mark.parametrize("k", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("n_flows", [1, 8])
@pytest.mark.parametrize("features", [1, 2, 3, 7, 64])
def test_the_cap_holds_by_singular_values(features, n_flows, k):
    x = torch.randn(64, features, generator=generator(1))
    flow, _ = run(x, n_flows=n_flows, caps=(k,), steps=20)
    for weight in flow.weights:
        if weight.numel():
            singular = np.linalg.svd(weight.detach().double().numpy(), compute_uv=False)
            assert singular.max() <= k


def test_flows_have_caps_and_views_of_their_own(x):
    views = torch.stack([x, x + 5])
    source = generator()
    flow = RealNVP(3, 4, (16,), source)
    train(flow, views, TrainingSettings(400, 32, 1e-2, 0.1, caps=(0.3, 1.5)), source)
    largest = flow.sigma().amax(dim=(0, 1)).view(4, 2).amax(dim=1).tolist()
    assert largest[:2] == pytest.approx([0.3, 0.3], rel=1e-4)
    assert min(largest[2:]) > 0.5
    seen = [flow.log_prob(view).mean(dim=1) for view in views]
    assert ((seen[0] > seen[1]).tolist()) == [True, False, True, False]


def test_noise_blurs_what_is_learned(x):
    same = torch.zeros_like(x)
    sharp, blurred = (run(same, noise=noise, steps=300, lr=1e-3)[0] for noise in (0.0, 1.0))
    assert sharp.log_prob(same).mean() > blurred.log_prob(same).mean() + 1
    assert torch.equal(same, torch.zeros_like(x))


def test_without_a_cap_matrices_grow_beyond_it(x):
    free, _ = run(x, caps=None, steps=400)
    capped, _ = run(x, caps=(0.5,), steps=400)
    assert free.sigma().max() > 1.5 > capped.sigma().max()


def test_trimming_ignores_rows_far_away(x):
    contaminated = torch.cat([x, torch.full((5, 3), 8.0)])
    trimmed, _ = run(contaminated, trim=0.2, steps=300)
    plain, _ = run(contaminated, trim=0.0, steps=300)
    cluster = contaminated[-1:]
    assert trimmed.log_prob(cluster) < plain.log_prob(cluster) - 5


def test_the_same_generator_gives_the_same_flow(x):
    first, again = run(x, seed=4)[0], run(x, seed=4)[0]
    for one, other in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.reliability
@pytest.mark.parametrize("caps", [None, (1.5,)])
@pytest.mark.parametrize("lr", [10.0, 1e3])
def test_training_that_diverges_goes_on_with_a_smaller_step(x, lr, caps, tried):
    tried()
    with pytest.warns(ConvergenceWarning, match=rf"diverged: it goes on after epoch 0.*lr={lr}"):
        flow, losses = run(x, lr=lr, caps=caps, steps=150)
    sound, expected = run(x, lr=1e-2, caps=caps, steps=150)
    assert len(losses) == len(expected) == 50
    assert losses[-1] == pytest.approx(expected[-1], abs=0.5)
    assert flow.log_prob(x).mean() > sound.log_prob(x).mean() - 0.5


@pytest.mark.reliability
def test_what_was_learned_before_it_diverged_is_kept(x, tried, monkeypatch):
    """Break a weight in step 130, after the looks at the flow after 51 and 102 steps."""
    tried()
    steps = []

    def step_and_break_one(parameters, *others, lr, **settings):
        adam(parameters, *others, lr=lr, **settings)
        steps.append(lr)
        if len(steps) == 130:
            parameters[0].view(-1)[0] = torch.inf

    monkeypatch.setattr("pyod_robustnvp.training.adam", step_and_break_one)
    with pytest.warns(ConvergenceWarning, match=r"on after epoch 34 with steps of 0\.001;"):
        flow, losses = run(x, steps=150)
    assert len(losses) == 50
    assert len(steps) == 150 + 48
    np.testing.assert_allclose(steps, [1e-2] * 150 + [1e-3] * 48)
    assert all(parameter.isfinite().all() for parameter in flow.parameters())
    assert losses[-1] < losses[0]


@pytest.mark.reliability
def test_a_finite_step_too_far_is_seen(x, tried):
    """One step alone: the loss before it is finite, and so are the weights after it."""
    tried()
    with pytest.warns(ConvergenceWarning):
        flow, _ = run(x, lr=1e3, steps=1, batch_size=100)
    assert flow.log_prob(x).mean() > RealNVP(3, 1, (16,), generator()).log_prob(x).mean() - 10


@pytest.mark.filterwarnings("ignore:training diverged")
@pytest.mark.parametrize("changes", [{"steps": 200}, {"steps": 1, "batch_size": 100}])
def test_divergence_with_every_step_size_is_an_error_that_says_what_to_lower(x, changes):
    advice = r"diverged, with steps of 1e\+35 too; lower lr=1e\+39"
    with pytest.raises(FloatingPointError, match=f"{advice}$"):
        run(x, lr=1e39, caps=(1.0,), **changes)
    with pytest.raises(FloatingPointError, match=f"{advice} or set lipschitz, which is None$"):
        run(x, lr=1e39, caps=None, **changes)


def test_verbose_2_prints_a_line_an_epoch(x, capsys):
    run(x, verbose=2, steps=6)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2, step 6/6: loss ")


def test_verbose_1_shows_a_bar_and_0_nothing(x, capsys):
    run(x, verbose=1, steps=6)
    assert "6/6" in capsys.readouterr().err
    run(x, verbose=0, steps=6)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_steps_are_those_of_torchs_adam():
    rows = [torch.randn(3, 2, generator=generator(seed)) for seed in range(4)]
    ours, theirs = rows[0].clone(), torch.nn.Parameter(rows[0].clone())
    gradient = torch.empty(3, 2)
    adam_of_ours = _Adam([ours], [gradient], lr=0.1)
    adam_of_torch = torch.optim.Adam([theirs], lr=0.1, fused=True)
    for row in rows:
        gradient.copy_(row)
        theirs.grad = row.clone()
        adam_of_ours.step()
        adam_of_torch.step()
    torch.testing.assert_close(ours, theirs.data, rtol=0, atol=0)


def test_a_fit_does_not_wait_for_torchs_compiler():
    code = (
        "import io, sys, numpy as np; from pyod_robustnvp import RobustRealNVP as R;"
        "R(epoch_num=1, n_estimators=2).fit(np.eye(9)).save(file := io.BytesIO());"
        "R.load(file.getvalue()).decision_function(np.eye(9));"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_cap_that_multiplies_far_rows_is_no_divergence():
    """Of columns far from 0 the cap alone may multiply the loss, long after the first steps."""
    X = np.zeros((26, 5))
    X[:, [0, 2]] = 57413.9
    small = {"n_estimators": 2, "hidden_neuron_list": (4,), "epoch_num": 2, "batch_size": 8}
    clf = RobustRealNVP(**small, preprocessing=False, random_state=0).fit(X)
    assert np.isfinite(clf.decision_scores_).all()
