r"""The fitted density of a table, without the PyOD face: what a fit leaves and a score needs.

A row goes one way: the box brings it near where it lies far outside, each view turns it into other
coordinates, the flows of the view give it log-densities there, the pooling makes one score of
these, and the box charges the row for the way. Tables are finite float32 or float64 arrays of shape
(n_samples, n_features); nothing here checks them again.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from . import devices, threads
from .box import Surroundings
from .draws import RandomState, some_rows, torch_generator
from .flow import RealNVP, as_tensor, state_shapes
from .learned import Learned
from .pooling import Pooling, PowerMean
from .scaling import Table, some_of
from .settings import Settings
from .shield import modes_kept, settings_aside
from .stacks import fit_flows
from .unread import UnreadColumns
from .views import LARGEST, Views, merged

# Rows of a part that is scored at once, and about how many values of the table all threads hold:
# either bounds the memory.
SCORED_ROWS, SCORED_VALUES = 2**14, 2**20
# float32 carries it through all couplings, and no training leads there.
LARGEST_BIAS = 1e15
# How often rows are drawn that a transformer can't bring back.
MOST_DRAWS = 100
# Training rows by which the pooling is fitted.
POOLED_ROWS = 4096
# Of a bound on singular values, since these are computed anew.
TOLERANCE = 1e-4


class TabularDensity(Learned):
    """The density of a table's rows that several flows in several views have learned.

    Made by :meth:`fit` or :meth:`from_state`.

    Attributes
    ----------
    settings : Settings
    box : Surroundings
        Around the rows that were learned from.
    views : Views
        Fitted to these rows.
    pooling : Pooling
        Fitted to what the flows say of these rows.
    flows : RealNVP
        On the CPU; a copy on ``device`` does the work.
    unread : UnreadColumns or None
        Where the table has more columns than a flow reads.
    device : torch.device
    loss_curve : list of float
        The trimmed negative log-likelihood of a row in each pass over the rows that were learned
        from, in nats; a single entry where training took less than one.
    n_steps : int
        The steps that the optimiser took.

    Examples
    --------
    >>> from pyod_robustnvp import RobustRealNVP
    >>> from pyod_robustnvp.parameters import resolve
    >>> settings = resolve(RobustRealNVP())
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> density = TabularDensity.fit(X, settings, random_state=0)
    >>> near, far = density.score(np.array([[0.0, 0.0], [9.0, 9.0]]))
    >>> bool(near < far)
    True
    """

    def __init__(
        self,
        settings: Settings,
        box: Surroundings,
        views: Views,
        flows: RealNVP,
        device: torch.device,
    ) -> None:
        self.settings, self.box, self.views, self.flows = settings, box, views, flows
        self.pooling: Pooling = copy.copy(settings.pooling)
        self.device = device
        self.unread: UnreadColumns | None = None
        self.loss_curve: list[float] = []
        self.n_steps = 0
        self._working: RealNVP | None = None

    @classmethod
    def fit(
        cls, table: NDArray[np.floating], settings: Settings, random_state: RandomState = None
    ) -> Self:
        """Learn the density of the rows of a table.

        Of more rows than the steps take, where ``settings.epochs`` is None, a random sample is
        learned from.

        Raises
        ------
        ValueError
            The device, the transformer or the random state can't be used.
        FloatingPointError
            Training diverged with every step size that was tried.
        """
        threads.mend_fork()
        device = devices.choose(settings.device)
        training = settings.for_training(len(table))
        generator = torch_generator(random_state)
        most = len(table) if settings.epochs else training.steps * training.batch_size
        learned = some_rows(table, most, generator).astype(np.float64, copy=False)
        box, views = copy.copy(settings.box).fit(learned), Views(settings.views)
        near, within = box.project(learned)[0], box.within(learned)
        seen = views.fit_transform(near, within)
        flows, losses = fit_flows(seen, settings, training, generator, device)
        density = cls(settings, box, views, flows, device)
        density.loss_curve, density.n_steps = losses, training.steps
        if settings.read(seen.shape[2]) < seen.shape[2]:
            density.unread = UnreadColumns().fit(seen[0])
        density._fit_pooling(learned[some_of(len(learned), POOLED_ROWS)])
        return density

    def _fit_pooling(self, learned: Table) -> None:
        """Let the pooling learn from what is said of training rows."""

        def of_part(rows: Table) -> Table:
            near, within = self.box.project(rows)[0], self.box.within(rows)
            by_flow: Table = self._log_probs(near, within).cpu().numpy()
            return by_flow.T

        by_flow = torch.from_numpy(self._by_parts(learned, of_part, None, self.settings.n_flows).T)
        of_columns = self.views.of_columns(self.box.within(learned))
        self.pooling.fit(self._by_view(by_flow), of_columns, learned.shape[1])

    def score(self, table: NDArray[np.floating], batch_size: int | None = None) -> Table:
        """Return the anomaly score of each row, the higher the more abnormal.

        Parameters
        ----------
        table : ndarray of shape (n_samples, n_features)
        batch_size : int, optional
            Rows of a part; by default about as many for each of torch's threads.
        """

        def of_part(rows: Table) -> Table:
            near, way = self.box.project(rows)
            return self.box.charge(self.pooling(*self._said(near, self.box.within(rows))), way)

        return self._by_parts(table, of_part, batch_size)

    def log_density(self, table: NDArray[np.floating]) -> Table:
        """Return the log-density of each row by the mixture of the flows that see the first view.

        In nats, per unit of the columns of the table.

        Raises
        ------
        ValueError
            The slope of the transformer that makes the first view is not known.
        """

        def of_part(rows: Table) -> Table:
            by_flow = self._by_view(self._log_probs(rows, rows))[0].cpu()
            if self.unread is not None:
                order = self._by_view(self.flows.order)[0].numpy()
                seen = self.views.transform(rows, rows)[0]
                by_flow = by_flow + torch.from_numpy(self.unread.log_prob(seen, order))
            mixture: Table = PowerMean(1.0).log_mean(by_flow).numpy()
            return self.views.log_det(rows) + mixture

        return self._by_parts(table, of_part, None)

    def log_prob_by_flow(self, table: NDArray[np.floating]) -> Table:
        """Return the log-density of each row by each flow, of shape (flows, n_samples).

        In nats, in the coordinates of the view that the flow sees, of the columns that it reads:
        flow m sees view m modulo the number of views.
        """

        def of_part(rows: Table) -> Table:
            by_flow: Table = self._log_probs(rows, rows).cpu().numpy()
            return by_flow.T

        return self._by_parts(table, of_part, None, self.settings.n_flows).T

    def sample(
        self,
        n: int,
        random_state: RandomState = None,
        back: Callable[[Table], Table] | None = None,
    ) -> Table:
        """Draw n rows from the density that ``log_density`` measures.

        Parameters
        ----------
        n : int
        random_state : int, RandomState or None
        back : callable, optional
            What carries rows of the table to where it came from. Where it returns no numbers, as
            the inverse of a power transform may, the row is drawn again.

        Raises
        ------
        ValueError
            There is no way back for most draws.
        """
        threads.mend_fork()
        generator, back = torch_generator(random_state), back or (lambda rows: rows)
        rows = back(self._drawn(n, generator))
        for _ in range(MOST_DRAWS):
            lost = ~np.isfinite(rows).all(axis=1)
            if not lost.any():
                return rows
            rows[lost] = back(self._drawn(int(lost.sum()), generator))
        raise ValueError(
            "rows can't be drawn: the inverse of preprocessing has no value where the flows draw; "
            "use preprocessing=True"
        )

    def _drawn(self, n: int, generator: torch.Generator) -> Table:
        """Draw n rows, some of which may be no numbers."""
        unread = None
        if self.unread is not None:
            unread = self.unread.sample(n, self.settings.n_flows, generator).to(self.device)
        with modes_kept():
            drawn = self._working_flows().sample(n, generator, unread)
        of_view = self._by_view(drawn)[0].double()
        chosen = torch.randint(len(of_view), (n,), generator=generator, device="cpu")
        return self.views.inverse(of_view[chosen, torch.arange(n)].cpu().numpy())

    def to(self, device: str | torch.device) -> Self:
        """Score on another device from now on, and return the density."""
        self.device, self._working = devices.choose(device), None
        return self

    def sigma(self) -> float:
        """Return the largest singular value of any matrix of the networks, by SVD."""
        threads.mend_fork()
        sigmas = threads.shared(RealNVP.sigma, [self.flows], torch.get_num_threads())
        return max(float(sigma.max()) for sigma in sigmas)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what was learned, as arrays by name: no row of the table is among them.

        Raises
        ------
        ValueError
            A view holds a transformer of the user's.
        """
        parts = [self.box.state(), self.views.state(), self.pooling.state()]
        if self.unread is not None:
            parts.append(self.unread.state())
        return self.flows.arrays() | merged(parts)

    @staticmethod
    def shapes(settings: Settings, d: int) -> dict[str, tuple[str, tuple[int, ...]]]:
        """Return the type and the shape of each array of ``state``, for a table of d columns."""
        read = settings.read(d)
        of_flows = state_shapes(read, settings.n_flows, settings.hidden)
        others = (
            settings.box.shapes(d)
            | Views(settings.views).shapes(d)
            | settings.pooling.shapes(len(settings.views))
            | (UnreadColumns.shapes(d) if read < d else {})
        )
        return of_flows | {name: ("float64", shape) for name, shape in others.items()}

    @classmethod
    def from_state(
        cls, settings: Settings, arrays: Mapping[str, NDArray[Any]], device: torch.device
    ) -> Self:
        """Return the density whose ``state`` was the arrays, of the names, types and shapes due.

        Raises
        ------
        ValueError
            The arrays contradict each other or the settings.
        """
        threads.mend_fork()
        box, views = copy.copy(settings.box), Views(settings.views)
        box.restore(arrays)
        views.restore(arrays)
        with modes_kept():
            flows = RealNVP.from_arrays(arrays).requires_grad_(False)
        density = cls(settings, box, views, flows, device)
        density.pooling.restore(arrays)
        if "unread.moments" in arrays:
            density.unread = UnreadColumns()
            density.unread.restore(arrays)
        density._check_flows(len(box.center_))
        return density

    def _check_flows(self, d: int) -> None:
        """Refuse flows that no training on d columns leads to."""
        if (self.flows.order.amax(dim=1) >= torch.tensor(self.settings.widths(d))).any():
            raise ValueError("flow.order is no order of the columns")
        bound, sigma = max(self.settings.caps or [math.inf]), self.sigma()
        if sigma > bound * (1 + TOLERANCE):
            raise ValueError(f"lipschitz={bound:g} is below its weights' {sigma:g}")
        if max(float(bias.abs().max()) for bias in self.flows.biases) > LARGEST_BIAS:
            raise ValueError(f"a bias of its flows is beyond {LARGEST_BIAS:g}")

    def __getstate__(self) -> dict[str, Any]:
        """Hold the flows as arrays: tensors of a GPU can't be loaded where there is none."""
        state = vars(self) | {"flows": self.flows.arrays(), "device": str(self.device)}
        return state | {"_working": None}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take the device of the fit where it exists, else the CPU."""
        threads.mend_fork()
        settings: Settings = state["settings"]
        # Before 0.3.0 nothing was learned for the pooling.
        pooling, unread = state.get("pooling", settings.pooling), state.get("unread")
        super().__setstate__(dict(state) | {"pooling": pooling, "unread": unread})
        with modes_kept(), settings_aside():
            self.flows = RealNVP.from_arrays(state["flows"]).requires_grad_(False)
        self.device = devices.choose_again(self.settings.device, state["device"])

    def _working_flows(self) -> RealNVP:
        """Return the flows on the device."""
        if self.device.type != "cpu" and threads.forked_from_gpu():
            self.to(devices.choose(self.settings.device))
        if self.device.type == "cpu":
            return self.flows
        if self._working is None:
            with modes_kept():
                self._working = copy.deepcopy(self.flows).to(self.device)
        return self._working

    def _said(self, near: Table, within: Table) -> tuple[list[Tensor], Table | None]:
        """Return what the flows of each view, and the columns by themselves, say of rows."""
        return self._by_view(self._log_probs(near, within)), self.views.of_columns(within)

    def _by_view(self, by_flow: Tensor) -> list[Tensor]:
        """Return what belongs to the flows of each view."""
        n_views = len(self.views)
        return [by_flow[number::n_views] for number in range(n_views)]

    def _log_probs(self, near: Table, within: Table) -> Tensor:
        on_device = as_tensor(self.views.transform(near, within), LARGEST, self.device)
        return self._working_flows().log_prob_by_blocks(on_device)

    def _by_parts(
        self,
        table: NDArray[np.floating],
        of_part: Callable[[Table], Table],
        size: int | None,
        *shape: int,
    ) -> Table:
        """Return what becomes of each row, of the given shape, part by part."""
        threads.mend_fork()
        self._working_flows()
        n_threads = self._threads()
        n, d = table.shape
        size = size or rows_at_once(n, d, self.flows.block(n, d, self.device), n_threads)
        parts = [slice(start, start + size) for start in range(0, n, size)]

        def work(part: slice) -> Table:
            return of_part(np.asarray(table[part], dtype=np.float64))

        found = np.empty((n, *shape))
        with modes_kept():
            for part, result in zip(parts, threads.shared(work, parts, n_threads), strict=True):
                found[part] = result
        return found

    def _threads(self) -> int:
        """Return how many threads may score parts: one where it is a GPU."""
        return 1 if self.device.type != "cpu" else torch.get_num_threads()


def rows_at_once(n: int, d: int, block: int, n_threads: int) -> int:
    """Return how many rows of a table to score at once, in whole blocks of the flows.

    About as many for each thread, so that none waits long for the last.

    Examples
    --------
    >>> rows_at_once(20_000, 10, block=512, n_threads=2)
    10240
    """
    most = max(min(SCORED_VALUES // (d * n_threads), SCORED_ROWS) // block, 1)
    blocks = -(-n // block)
    rounds = -(-blocks // (most * n_threads))
    return -(-blocks // (rounds * n_threads)) * block
