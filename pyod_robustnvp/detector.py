"""The PyOD face: parameters and tables are checked here, scores leave here."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from pyod.models.base import BaseDetector
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from . import persistence, validation
from .axes import PrincipalAxes
from .box import Box
from .flow import RealNVP, block_of
from .scaling import SoftQuantileScaler, Table, quiet
from .threads import shared
from .training import Settings, train

STEPS = 200
LEAST_TRIM = 0.35
# Rows that are scored at once, and about how many values of a wide table: either bounds the memory.
SCORED_ROWS, SCORED_VALUES = 2**14, 2**19
JUDGED_ROWS = 2000
# float32 squares and sums the first through six couplings without overflow, and carries the second
# through them; the squares of that are summed in float64.
LARGEST_TRAINED = 1e6
LARGEST_SCORED = 1e15
# Of the power mean of the flows' densities: 1 lets any flow clear a row, 0 any condemn it.
EXPONENT = 0.25
LAST_LEARNED = "_sigma"


class RobustRealNVP(BaseDetector):
    r"""Outlier detection by a RealNVP density that ignores the least likely rows.

    ``contamination`` is the paper's eps: besides setting the threshold, which is all it does in
    other PyOD detectors, it decides how many rows of each training batch are left out. By default
    that share is at least 0.35; ``trim_fraction=None`` makes it ``contamination`` itself.

    Rows are seen in two views: their columns, scaled one by one, and their principal axes. Several
    flows, smooth and flexible ones, learn the density of either view; the anomaly score of a row
    is the negative logarithm of a mean of their densities, averaged over the views. Two
    safeguards keep anomalies in the training data from being learned as normal: each flow leaves
    out the rows that it finds least likely, and the networks in it keep a bounded Lipschitz
    constant, so that no flow can wrap itself around a small cluster.

    Parameters
    ----------
    contamination : float in (0, 0.5] or PyThresh object, default=0.1
        The share of outliers in the training data: sets ``threshold_`` and, through
        ``trim_fraction``, the share of each batch that is left out. A PyThresh object finds the
        threshold by itself but carries no share: ``trim_fraction`` can't be None then.
    preprocessing : bool or transformer, default=True
        True scales with :class:`~pyod_robustnvp.scaling.SoftQuantileScaler`; False leaves the
        values as they are, which suits columns of magnitude one around 0, and no others: training
        is too short to reach a far mean or another scale; a scikit-learn transformer is
        cloned and fitted to the training data, which it sees as a float64 array without column
        names, and must transform a part of a table as it does the whole.
    principal_axes : bool, default=True
        Whether every second flow sees the rows on their principal axes, where a row that breaks a
        linear relation between columns lies far out; the first flow always sees the columns.
    noise : float, default=0.05
        The standard deviation of the Gaussian noise that is added to the training rows, anew in
        every batch, in scaled units: nine tenths of a column lie in a range of 0.72. It keeps the
        flows from making much of the few values of a discrete column; 0 adds none. With
        ``preprocessing`` of another scale it should be of that scale; principal axes always have
        the default's.
    lr : float, default=1e-3
        The step size of Adam, above 0.
    epoch_num : int or None, default=None
        Passes over the training data. None takes 200 steps, whatever the number of rows: of more
        than 51,200 rows (with batches of 256) so many are drawn, which ``preprocessing`` and the
        flows learn from. All rows are scored. A number holds all rows in memory, in float64.
    batch_size : int, default=256
        Rows of a training batch; a table with fewer rows is one batch.
    hidden_neuron_list : sequence of int, default=(48, 48)
        The widths of the hidden layers of each s and t network.
    n_estimators : int, default=8
        The number of flows, which differ in their view of the rows, their cap, their initial
        weights, the order of their columns and their batches. More flows make scores less dependent
        on the seed and cost time; a single flow sees the columns, half by half as in the paper, and
        takes the first cap.
    lipschitz : float, sequence of float or None, default=(0.5, 1.5, 1.5, 1.5)
        The cap k on the largest singular value of every matrix of the networks; the flows of a
        view take turns where there are several. Smaller is smoother and more robust, larger follows
        the data more closely; None removes the cap.
    trim_fraction : 'auto', None or float in [0, 1), default='auto'
        The share of each batch that is left out: None is ``contamination``, as in the paper;
        'auto' is at least 0.35, because a batch may hold more anomalies than its share, the true
        share is seldom known, and the least likely normal rows are no great loss; 0 leaves out
        nothing.
    device : str, torch.device or None, default=None
        Where to train and score; None takes a GPU where there is one.
    random_state : int, RandomState or None, default=None
        Makes fits reproducible. The global random states are never touched.
    verbose : {0, 1, 2}, default=0
        0 is silent, 1 shows a progress bar, 2 prints a line an epoch.

    Attributes
    ----------
    decision_scores_ : ndarray of shape (n_samples,), float64
        The anomaly scores of the training rows, in nats: ``decision_function`` of these rows.
    labels_ : ndarray of shape (n_samples,), int
        1 where ``decision_scores_ > threshold_``, else 0.
    threshold_ : float
        The ``1 - contamination`` quantile of ``decision_scores_``.
    loss_curve_ : list of float
        The trimmed negative log-likelihood of a row in each pass over the rows that are learned
        from, in nats; a single entry where training takes less than one.
    n_iter_ : int
        The number of optimiser steps.
    lipschitz_ : float
        The largest singular value of any matrix of the networks, by SVD; at most the largest of
        ``lipschitz``.
    preprocessing_ : transformer or None
        The fitted preprocessing.
    axes_ : PrincipalAxes or None
        The principal axes of the scaled rows, where flows see them.
    box_ : Box
        The box around the rows that were learned from; scores grow with the distance from it.
    flow_ : RealNVP
        The fitted flows, a ``torch.nn.Module``.
    device_ : torch.device
        The device in use.
    n_features_in_ : int
        The number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the columns, where ``fit`` saw a table that names them.

    See Also
    --------
    sklearn.covariance.EllipticEnvelope : The same idea with one Gaussian.
    pyod.models.iforest.IForest : A fast and good detector with another bias.

    Notes
    -----
    The mean over the M flows of a view is a power mean: the score of a row x is

    .. math:: -4 \log \frac{1}{M} \sum_m p_m(x)^{1/4},

    averaged over the views. A mixture (exponent 1) would take a row for normal that any of its
    flows does, and so clear a cluster of anomalies that a single flow learned; a product (exponent
    0) asks all flows, and condemns a row for the blind spot of one. The average over the views asks
    that a row be normal in both; densities are compared in the coordinates of their view. The
    method fails where anomalies are denser than the normal rows, or more than half of the data.

    References
    ----------
    Liu, Tan, Zhou (2022), Unsupervised Anomaly Detection by Robust Density Estimation, AAAI.

    Examples
    --------
    >>> import numpy as np
    >>> from pyod_robustnvp import RobustRealNVP
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(size=(190, 2)), rng.normal(6, 0.1, size=(10, 2))])
    >>> clf = RobustRealNVP(contamination=0.05, random_state=0).fit(X)
    >>> int(clf.labels_[190:].sum())
    10
    >>> clf.predict([[0.0, 0.0], [6.0, 6.0]])
    array([0, 1])
    """

    contamination: Any

    def __init__(
        self,
        contamination=0.1,
        preprocessing=True,
        principal_axes=True,
        noise=0.05,
        lr=1e-3,
        epoch_num=None,
        batch_size=256,
        hidden_neuron_list=(48, 48),
        n_estimators=8,
        lipschitz=(0.5, 1.5, 1.5, 1.5),
        trim_fraction="auto",
        device=None,
        random_state=None,
        verbose=0,
    ):
        super().__init__(contamination=contamination)
        self.preprocessing = preprocessing
        self.principal_axes = principal_axes
        self.noise = noise
        self.lr = lr
        self.epoch_num = epoch_num
        self.batch_size = batch_size
        self.hidden_neuron_list = hidden_neuron_list
        self.n_estimators = n_estimators
        self.lipschitz = lipschitz
        self.trim_fraction = trim_fraction
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: ArrayLike, y: Any = None) -> RobustRealNVP:
        """Learn the density of the rows and score them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            At least two rows of finite numbers. A ``numpy.memmap`` of float32 or float64 is read
            part by part; other types are converted as a whole.
        y : ignored
            Present for scikit-learn's conventions.

        Returns
        -------
        self : RobustRealNVP
            A fit that fails or is interrupted leaves it unfitted.

        Raises
        ------
        ValueError
            A parameter or the table can't be used; the message says which and why.
        TypeError
            The table is sparse, or of a kind that holds no numbers.
        FloatingPointError
            Training diverged with every step size that was tried.

        Warns
        -----
        ConvergenceWarning
            Training diverged, and went on from its last sound state with a tenth of the step size.
        """
        try:
            self._forget()
            # The caller may have switched gradients off.
            with torch.inference_mode(False), torch.enable_grad():
                self._fit(X)
        except BaseException:
            self._forget()
            raise
        return self

    def _forget(self) -> None:
        """Drop everything learned, first what tells that there is something."""
        self.__dict__.pop(LAST_LEARNED, None)
        for name in list(vars(self)):
            if name.endswith("_") or name in ("_classes", "_mu", "_sigma"):
                delattr(self, name)

    def __sklearn_is_fitted__(self) -> bool:
        """Tell by what fit sets last and drops first: an interrupt leaves no half that counts."""
        return LAST_LEARNED in vars(self)

    def decision_function(self, X: ArrayLike, batch_size: int | None = None) -> Table:
        """Return the anomaly score of each row, the higher the more abnormal.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        batch_size : int, optional
            Rows of a part, which is read and scaled at once; changes memory and speed, and scores
            by no more than rounding. By default at most 16,384, fewer where there are more than 32
            columns, and about as many for each of torch's threads. Flows work on 512 rows at a
            time, so that smaller parts are wasteful. On a CPU each thread works on a part of its
            own, unless ``preprocessing`` is a transformer of the user's.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            The negative log-density of the scaled row, in nats, as the flows of a view agree on it
            (see the notes of the class), averaged over its views. A row far
            outside of the training rows, where the flows know nothing, has that of a point on the
            way to their middle, and pays for the distance: see :class:`~pyod_robustnvp.box.Box`.
        """
        check_is_fitted(self)
        return self._scores(self._table(X, reset=False), batch_size)

    def score_samples(self, X: ArrayLike) -> Table:
        """Return the log-density of each row under the mixture of the flows that see the columns.

        One density, which ``sample`` draws from, where ``decision_function`` is an average over
        views and measures each in its own coordinates.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        log_density : ndarray of shape (n_samples,)
            In nats, per unit of the input columns; with a transformer of the user's own as
            ``preprocessing``, per unit of that transformer's output.
        """
        check_is_fitted(self)
        table = self._table(X, reset=False)
        return self._by_parts(table, self._rows_at_once(table), self._stretched, self._mixture)

    def sample(
        self, n_samples: int = 1, random_state: int | np.random.RandomState | None = None
    ) -> Table:
        """Draw rows from the density that ``score_samples`` measures.

        Parameters
        ----------
        n_samples : int, default=1
        random_state : int, RandomState or None, default=None

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            In input units; with a transformer of the user's own as ``preprocessing``, in that
            transformer's output units.
        """
        check_is_fitted(self)
        n_samples = validation.check_integer("n_samples", n_samples)
        generator = _torch_generator(random_state)
        drawn = self.flow_.sample(n_samples, generator)
        of_columns = drawn[:: self._n_views()].double()
        member = torch.randint(len(of_columns), (n_samples,), generator=generator)
        rows = of_columns[member, torch.arange(n_samples)].cpu().numpy()
        if isinstance(self.preprocessing_, SoftQuantileScaler):
            return self.preprocessing_.inverse_transform(rows)
        return rows

    def estimate_contamination(self, thresholder: Any = None) -> float:
        """Estimate the share of outliers in the training rows from their scores.

        A rough guess, for users who have none: ``python -m benchmarks contamination`` shows how
        rough. Nothing follows it by itself; ``set_params(contamination=...)`` and another ``fit``
        make use of it. Of more than 2000 rows as many evenly spaced ones are judged, and a score
        beyond ten interquartile ranges counts as ten, since the odd giant hides all other outliers.

        Parameters
        ----------
        thresholder : PyThresh object, optional
            What divides the scores; :class:`pythresh.thresholds.clf.CLF` by default.

        Returns
        -------
        share : float
            From that of a single row to 0.5, the largest that ``contamination`` can be.

        Raises
        ------
        ValueError
            ``thresholder`` is no PyThresh object.
        ImportError
            PyThresh is missing: ``pip install 'pyod-robustnvp[thresh]'``.
        """
        check_is_fitted(self)
        if thresholder is None:
            thresholder = _default_thresholder()
        if isinstance(thresholder, type) or not hasattr(thresholder, "eval"):
            raise ValueError(f"thresholder must be a PyThresh object or None, got {thresholder!r}")
        scores = self.decision_scores_
        low, high = np.quantile(scores, [0.25, 0.75])
        some = np.linspace(0, len(scores) - 1, min(len(scores), JUDGED_ROWS)).astype(int)
        judged = scores[some].clip(max=high + 10 * (high - low))
        # Two values give PyThresh nothing to divide; equal rows differ by rounding.
        divisible = len(np.unique(judged.round(9))) > 2
        share = float(np.mean(thresholder.eval(judged))) if divisible else 0.0
        return min(max(share, 1 / len(scores)), 0.5)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a file that holds numbers and text, and no program.

        Parameters
        ----------
        path : str or path-like
            A former file is replaced when the new one is whole, and kept when that fails.

        Raises
        ------
        NotFittedError
            There is nothing to save yet.
        ValueError
            A parameter is an object: a transformer as ``preprocessing``, a PyThresh object, a
            RandomState; ``joblib.dump`` holds those. Or a parameter was changed after the fit, as
            far as the model shows it, or what lies at ``path`` is no file to replace.
        TypeError
            ``path`` is no path.
        OSError
            The file can't be written.
        """
        check_is_fitted(self)
        persistence.save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> RobustRealNVP:
        """Return the model that :meth:`save` wrote: the same scores, on any machine.

        A model of a GPU comes back on a GPU where there is one, else on the CPU. Nothing in the
        file is imported or executed.

        Parameters
        ----------
        path : str or path-like

        Returns
        -------
        clf : RobustRealNVP

        Raises
        ------
        ValueError
            The file is damaged, of another kind, class or later version.
        TypeError
            ``path`` is no path.
        OSError
            The file can't be read.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> clf = RobustRealNVP(random_state=0).fit([[0.0], [1.0], [2.0], [9.0]])
        >>> with TemporaryDirectory() as folder:
        ...     clf.save(f"{folder}/model.safetensors")
        ...     again = RobustRealNVP.load(f"{folder}/model.safetensors")
        >>> bool((again.decision_function([[3.0]]) == clf.decision_function([[3.0]])).all())
        True
        """
        return persistence.load(cls, path)

    def predict_proba(self, X, method="linear", return_confidence=False):
        """Return the probability of each row to be an inlier and to be an outlier.

        As :meth:`pyod.models.base.BaseDetector.predict_proba`, and for lists too. Scores have a
        long upper tail, which 'linear' stretches over [0, 1]: ``method='unify'`` tells more.
        """
        if not hasattr(X, "shape"):
            X = np.asarray(X)
        return super().predict_proba(X, method, return_confidence)

    def _fit(self, X: ArrayLike) -> None:
        widths = validation.check_widths(self.hidden_neuron_list)
        members = validation.check_integer("n_estimators", self.n_estimators)
        validation.check_size(members, widths)
        self.device_ = validation.check_device(self.device)
        table = self._table(X, reset=True)
        settings = self._settings(len(table))
        generator = _torch_generator(self.random_state)
        n_seen = settings.steps * settings.batch_size if self.epoch_num is None else len(table)
        sample = _some_rows(table, n_seen, generator).astype(np.float64, copy=False)
        self.box_ = Box().fit(sample)
        self.preprocessing_ = self._fit_preprocessing(sample)
        rows = self._scaled(sample)
        self.axes_ = PrincipalAxes().fit(rows) if self.principal_axes and members > 1 else None
        flow = RealNVP(rows.shape[1], members, widths, generator).to(self.device_)
        x = self._views(rows, LARGEST_TRAINED)
        self.loss_curve_ = train(flow, x, settings, generator)
        self.n_iter_ = settings.steps
        self.flow_ = flow.requires_grad_(False)
        self.lipschitz_ = float(flow.sigma().max())
        self.decision_scores_ = self._scores(table)
        if not np.isfinite(self.decision_scores_).all():
            raise FloatingPointError(
                f"training diverged: rows have no finite score; lower lr={self.lr} or set a finite "
                f"lipschitz (now {self.lipschitz})"
            )
        self._set_n_classes(None)
        self._process_decision_scores()

    def _settings(self, n_samples: int) -> Settings:
        """Check what steers the training, and the switches."""
        validation.check_option("verbose", self.verbose, (0, 1, 2))
        validation.check_option("principal_axes", self.principal_axes, (True, False))
        contamination = validation.check_contamination(self.contamination)
        if contamination is not None:
            # BaseDetector takes np.float32 for a PyThresh object.
            self.contamination = contamination
        batch_size = validation.check_integer("batch_size", self.batch_size)
        steps = STEPS
        if self.epoch_num is not None:
            epochs = validation.check_integer("epoch_num", self.epoch_num)
            steps = epochs * max(n_samples // batch_size, 1)
        return Settings(
            steps=steps,
            batch_size=batch_size,
            lr=validation.check_positive("lr", self.lr),
            trim=validation.check_trim_fraction(self.trim_fraction, contamination, LEAST_TRIM),
            caps=validation.check_caps(self.lipschitz),
            noise=validation.check_noise(self.noise),
            verbose=self.verbose,
        )

    def _table(self, X: ArrayLike, reset: bool) -> Table:
        """Return X as a checked array, itself where it is one of float32 or float64."""
        rows = X if isinstance(X, list | tuple) else [X]
        if any(map(np.ma.is_masked, rows)):
            raise ValueError("X has masked values, which have no score; fill them: X.filled(...)")
        try:
            with quiet():
                table = validate_data(
                    self,
                    X,
                    reset=reset,
                    dtype="numeric",
                    ensure_all_finite=False,
                    ensure_min_samples=2 if reset else 1,
                )
                if table.dtype.kind in "mM":
                    raise ValueError(f"X holds {table.dtype}: give numbers, days since a date say")
                return check_array(table, dtype=[np.float64, np.float32], input_name="X")
        except (OverflowError, RuntimeError, TypeError, ValueError) as error:
            if issparse(X):
                raise
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(validation.mended(str(error))) from error

    def _fit_preprocessing(self, X: Table) -> Any:
        if isinstance(self.preprocessing, bool | np.bool_):
            return SoftQuantileScaler().fit(X) if self.preprocessing else None
        if isinstance(self.preprocessing, type) or not hasattr(self.preprocessing, "transform"):
            raise ValueError(
                "preprocessing must be True, False or a scikit-learn transformer, "
                f"got {self.preprocessing!r}"
            )
        try:
            return clone(self.preprocessing).fit(X)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"preprocessing={self.preprocessing!r} can't be fitted to X alone: {error}"
            ) from error

    def _scaled(self, X: Table) -> Table:
        """Return the rows after preprocessing, in float64."""
        if self.preprocessing_ is None:
            return X.clip(-LARGEST_SCORED, LARGEST_SCORED)
        try:
            scaled = check_array(self.preprocessing_.transform(X), dtype=np.float64)
            check_consistent_length(X, scaled)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"preprocessing={self.preprocessing!r} must turn X into a dense table of finite "
                f"numbers, row by row: {error}"
            ) from error
        return scaled.clip(-LARGEST_SCORED, LARGEST_SCORED)

    def _views(self, rows: Table, largest: float) -> torch.Tensor:
        """Return scaled rows as the flows see them, of shape (views, n, d)."""
        views = [rows] if self.axes_ is None else [rows, self.axes_.transform(rows)]
        clipped = np.stack(views).clip(-largest, largest)
        return torch.as_tensor(clipped, dtype=torch.float32).to(self.device_)

    def _scores(self, table: Table, batch_size: int | None = None) -> Table:
        """Return the anomaly scores of a table's rows."""
        size = self._rows_at_once(table)
        if batch_size is not None:
            size = validation.check_integer("batch_size", batch_size)
        return self._by_parts(table, size, self.box_.draw_back, self._pooled)

    def _rows_at_once(self, table: Table) -> int:
        """Return how many rows of a table to score at once, in whole blocks of the flows.

        About as many for each thread, so that none waits long for the last.
        """
        block, threads = block_of(self.device_), self._threads()
        most = max(min(SCORED_VALUES // table.shape[1], SCORED_ROWS) // block, 1)
        blocks = -(-len(table) // block)
        rounds = -(-blocks // (most * threads))
        return -(-blocks // (rounds * threads)) * block

    def _by_parts(
        self,
        table: Table,
        size: int,
        see: Callable[[Table], tuple[Table, Table | float]],
        pool: Callable[[torch.Tensor], Table],
    ) -> Table:
        """Return the nats of each row: those that it brings, and what its densities pool into.

        ``see`` turns rows into those that the flows shall see and the nats that they bring;
        ``pool`` takes log-densities of shape (flows, rows).
        """

        def score(part: slice) -> Table:
            rows, brought = see(np.asarray(table[part], dtype=np.float64))
            x = self._views(self._scaled(rows), LARGEST_SCORED)
            return brought + pool(self.flow_.log_prob_by_blocks(x))

        nats, parts = np.empty(len(table)), _parts(len(table), size)
        for part, of_part in zip(parts, shared(score, parts, self._threads()), strict=True):
            nats[part] = of_part
        return nats

    def _threads(self) -> int:
        """Return how many threads may score parts: one where it is a GPU or code of the user's."""
        ours = self.preprocessing_ is None or isinstance(self.preprocessing_, SoftQuantileScaler)
        return torch.get_num_threads() if ours and self.device_.type == "cpu" else 1

    def _stretched(self, rows: Table) -> tuple[Table, Table | float]:
        """Return rows and the log of the factor by which scaling stretches the space at each."""
        if isinstance(self.preprocessing_, SoftQuantileScaler):
            return rows, self.preprocessing_.log_det(rows)
        return rows, 0.0

    def _mixture(self, by_flow: torch.Tensor) -> Table:
        """Return the log-density of rows under the mixture of the flows that see the columns."""
        return self._power_means(by_flow, 1.0)[0]

    def _pooled(self, by_flow: torch.Tensor) -> Table:
        """Return the anomaly scores of rows from their log-densities."""
        return -self._power_means(by_flow, EXPONENT).mean(axis=0)

    def _power_means(self, by_flow: torch.Tensor, exponent: float) -> Table:
        """Return the log of the power mean of each view's densities, of shape (views, rows)."""
        views = self._n_views()
        of_views = [exponent * by_flow[view::views] for view in range(views)]
        means = [(flows.logsumexp(dim=0) - math.log(len(flows))) / exponent for flows in of_views]
        return torch.stack(means).cpu().numpy()

    def _n_views(self) -> int:
        return 1 if self.axes_ is None else 2

    def __getstate__(self) -> dict:
        """Hold the flows on the CPU: a CUDA tensor in a pickle fails where there is no GPU."""
        state = super().__getstate__().copy()
        if "flow_" in state:
            state["flow_"] = copy.deepcopy(state["flow_"]).cpu()
            state["device_"] = str(state["device_"])
        return state

    def __setstate__(self, state: dict) -> None:
        """Move the flows to the device of the fit where it exists, else to the CPU."""
        super().__setstate__(state)
        if "flow_" in state:
            if state["flow_"].biases[0].shape[-1] != 1:
                raise ValueError(
                    "this model was fitted by pyod-robustnvp 0.1.0, whose flows are stored in "
                    "another way: fit it again"
                )
            self.device_ = validation.device_or_cpu(state["device_"])
            self.flow_.to(self.device_)


def _torch_generator(random_state: int | np.random.RandomState | None) -> torch.Generator:
    """Return a private generator, so that the global random states stay as they are.

    None takes fresh entropy where ``check_random_state`` would draw from numpy's global state.
    """
    try:
        source = check_random_state(
            np.random.RandomState() if random_state is None else random_state
        )
    except ValueError as error:
        raise ValueError(
            f"random_state={random_state!r} can't be used: {error}; "
            "give None, an integer from 0 to 2**32 - 1 or a RandomState"
        ) from error
    return torch.Generator().manual_seed(int(source.randint(2**31 - 1)))


def _some_rows(table: Table, n: int, generator: torch.Generator) -> Table:
    """Return n rows of a longer table, drawn at random, in their order."""
    if len(table) <= n:
        return table
    seed = int(torch.randint(2**31 - 1, (1,), generator=generator))
    drawn = np.random.default_rng(seed).choice(len(table), n, replace=False, shuffle=False)
    return table[np.sort(drawn)]


def _parts(n: int, size: int) -> list[slice]:
    """Return which of n rows lie in each part of a table."""
    return [slice(start, start + size) for start in range(0, n, size)]


def _default_thresholder() -> Any:
    """Return a PyThresh object, whose constructor seeds numpy: the global state is put back."""
    try:
        from pythresh.thresholds.clf import CLF
    except ImportError as error:
        raise ImportError(
            "estimating the contamination needs PyThresh: pip install 'pyod-robustnvp[thresh]'"
        ) from error
    state = np.random.get_state()  # noqa: NPY002
    try:
        return CLF()
    finally:
        np.random.set_state(state)  # noqa: NPY002
