"""The PyOD face: a table comes in, scores go out; the density does the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from . import contamination as estimation
from . import parameters, tables
from .contamination import Thresholder
from .density import TabularDensity
from .draws import RandomState
from .explained import ExplainedDetector
from .front import Front, Transformer
from .saving import LAST_LEARNED
from .scaling import Table
from .shield import shielded


class RobustRealNVP(ExplainedDetector):
    r"""Outlier detection by a RealNVP density that ignores the least likely rows.

    ``contamination`` sets the threshold, as in other PyOD detectors. Here it can also decide how
    many rows of each training batch are left out: by default that is 35 %, or ``contamination``
    where that is more; ``trim_fraction=None`` makes it ``contamination`` itself, the paper's eps.

    The rows are seen in four views, since no scale suits all tables: columns with softened tails,
    principal axes, columns between their extremes, and ranks. Smooth and flexible flows learn the
    density of each. Two safeguards keep anomalies in the training data from being learned as
    normal: each flow leaves out the rows that it finds least likely, and its networks keep a
    bounded Lipschitz constant, so that no flow can concentrate on a small cluster. A value far
    outside of its column makes a row abnormal by itself.

    Parameters
    ----------
    contamination : float in (0, 0.5] or PyThresh object, default=0.1
        The contamination of the training data. If you don't know it, keep the default: below 0.35
        it affects only the labels, not the scores; ``set_contamination`` changes it after a fit. A
        PyThresh object finds the threshold by itself; ``trim_fraction`` can't be None then.
    preprocessing : bool or transformer, default=True
        True scales the columns in three ways. False leaves the values as they are, which suits
        columns of magnitude one around 0 and no others, since training is too short to reach a far
        mean or another scale. A scikit-learn transformer is cloned. A scaler of single columns
        (StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler, PowerTransformer or a Pipeline of
        these) gets the checked table, and densities stay those of the table. Any other transformer
        gets X as it was given, whole, gaps, text and column names included, and what it returns is
        checked: finite numbers, infinite ones clipped.
    principal_axes : bool, default=True
        Whether some flows see the rows on their principal axes, where a row that breaks a linear
        relation between columns lies far out.
    noise : float, default=0.05
        Standard deviation of the Gaussian noise that each batch of training rows gets, in scaled
        units: most of a column lies in a range of about 1. It keeps flows from concentrating on
        the few values of a discrete column. Other ``preprocessing`` wants noise of its scale.
    lr : float, default=2e-3
        The step size of Adam, above 0.
    epoch_num : int or None, default=None
        Passes over the training data. None takes 200 steps, whatever the number of rows: tables
        longer than 51,200 rows (200 batches) are learned from a random sample of that size; every
        row is scored. A number holds all rows in memory, in float64.
    batch_size : int, default=256
        Rows of a training batch; a table with fewer rows is one batch.
    hidden_neuron_list : sequence of int, default=(56,)
        The widths of the hidden layers of each s and t network.
    n_estimators : int, default=12
        The number of flows, which differ in their view, their cap, their initial weights, the order
        of their columns and their batches. More flows make scores depend less on the seed and cost
        time. A single flow sees the columns, half by half as in the paper, with the first cap. Of
        tables with more than 512 columns, each of several flows reads 512, drawn at random.
    lipschitz : float, sequence of float or None, default=(0.35, 1.5, 1.5)
        The cap k on the largest singular value of every matrix of the networks; several caps are
        taken in turns by the flows of a view. Smaller is smoother and more robust, larger follows
        the data more closely; None removes the cap.
    trim_fraction : 'auto', None or float in [0, 1), default='auto'
        The fraction of each batch that is left out. None is ``contamination``, as in the paper;
        'auto' is at least 0.35, because a batch may hold more anomalies than the table, the true
        contamination is seldom known, and the least likely normal rows are no great loss.
    device : str, torch.device or None, default=None
        Where to train and score; None takes a GPU where there is one.
    random_state : int, RandomState or None, default=None
        Makes fits reproducible. The global random states are never touched.
    verbose : {0, 1, 2}, default=0
        0 is silent, 1 shows a progress bar, 2 prints a line an epoch.

    Attributes
    ----------
    decision_scores_ : ndarray of shape (n_samples,), float64
        The anomaly scores of the training rows.
    labels_ : ndarray of shape (n_samples,), int
        1 where ``decision_scores_ > threshold_``, else 0.
    threshold_ : float
        The ``1 - contamination`` quantile of ``decision_scores_``.
    density_ : TabularDensity
        All that scoring needs: box, views, flows and pooling.
    loss_curve_ : list of float
        The trimmed negative log-likelihood of a row in each pass over what is learned, in nats.
    n_iter_ : int
        The number of optimiser steps.
    lipschitz_ : float
        The largest singular value of any matrix of the networks, by SVD.
    n_features_in_, feature_names_in_
        Of X, as in scikit-learn.

    Notes
    -----
    **Score.** A view finds a row x as surprising as the power mean of its M flows' densities says,

    .. math:: s_v(x) = -10 \log \frac{1}{M} \sum_m p_m(x)^{1/10}.

    A mixture (exponent 1) would clear a cluster of anomalies that one flow learned, a product
    (exponent 0) condemn a row for the blind spot of one. The score has no unit: it is an average
    over the views of how many interquartile ranges :math:`s_v(x)` lies above the median of the
    training rows (:class:`~pyod_robustnvp.pooling.StandardizedMean`): about 0 for a typical row, 20
    and more for one with a value far outside (:class:`~pyod_robustnvp.edges.ColumnBox`). With one
    view (one flow, or a transformer without principal axes) it is :math:`s_v(x)` itself, in nats.
    The method fails where anomalies are denser than the normal rows, or more than half of the rows.

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

    def __init__(
        self,
        contamination: float | Thresholder = 0.1,
        preprocessing: bool | Transformer = True,
        principal_axes: bool = True,
        noise: float = 0.05,
        lr: float = 2e-3,
        epoch_num: int | None = None,
        batch_size: int = 256,
        hidden_neuron_list: Sequence[int] = (56,),
        n_estimators: int = 12,
        lipschitz: float | Sequence[float] | None = (0.35, 1.5, 1.5),
        trim_fraction: float | str | None = "auto",
        device: str | torch.device | None = None,
        random_state: RandomState = None,
        verbose: int = 0,
    ) -> None:
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

    @shielded
    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn the density of the rows and score them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            At least two rows of finite numbers, or of what a ``preprocessing`` takes that fills and
            encodes. A ``numpy.memmap`` of float32 or float64 is read part by part; other types are
            converted as a whole.
        y : ignored

        Returns
        -------
        self : RobustRealNVP
            Unfitted, where the fit fails or is interrupted.

        Raises
        ------
        ValueError, TypeError
            A parameter or the table can't be used; the message says which and why.
        FloatingPointError
            Training diverged with every step size that was tried.

        Warns
        -----
        ConvergenceWarning
            Training diverged, and went on from its last sound state with a smaller step size.
        UserWarning
            ``trim_fraction=None`` follows a contamination that leaves no row out.
        """
        try:
            self._forget()
            self._fit(X)
        except BaseException:
            self._forget()
            raise
        return self

    def _fit(self, X: ArrayLike) -> None:
        settings = parameters.resolve(self)
        table = self._table(X, reset=True)
        parameters.warn_of_no_trimming(settings, self.trim_fraction, len(table))
        density = TabularDensity.fit(table, settings, self.random_state)
        scores = density.score(table)
        if not np.isfinite(scores).all():
            raise FloatingPointError(
                f"training diverged: rows have no finite score; lower lr={self.lr} or set a finite "
                f"lipschitz (now {self.lipschitz})"
            )
        self.density_, self.lipschitz_ = density, density.sigma()
        self.loss_curve_, self.n_iter_ = density.loss_curve, density.n_steps
        self._set_threshold(scores)

    def _table(self, X: ArrayLike, reset: bool) -> NDArray[np.floating]:
        """Return X as a checked table of numbers, by the user's transformer where there is one."""
        if reset:
            given: Any = self.preprocessing
            self.front_ = Front(given) if parameters.stands_in_front(given) else None
        if self.front_ is None:
            return tables.checked(self, X, reset)
        tables.noted(self, X, reset)
        if reset:
            return self.front_.fit(X).transform(X, least=2)
        return self.front_.transform(X)

    def _forget(self) -> None:
        """Drop everything learned."""
        self.__dict__.pop(LAST_LEARNED, None)
        for name in self._learned():
            delattr(self, name)

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether the last fit came to its end."""
        return LAST_LEARNED in vars(self)

    @shielded
    def decision_function(self, X: ArrayLike, batch_size: int | None = None) -> Table:
        """Return the anomaly score of each row, the higher the more abnormal.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        batch_size : int, optional
            Rows that are read and scaled at once, by default at most 16,384: memory and speed.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            See the notes of the class.
        """
        check_is_fitted(self)
        table = self._table(X, reset=False)
        if batch_size is not None:
            batch_size = parameters.check_integer("batch_size", batch_size)
        return self.density_.score(table, batch_size)

    @shielded
    def score_samples(self, X: ArrayLike) -> Table:
        """Return the log-density of each row under the mixture of the flows that see the columns.

        One density of the first view, which ``sample`` draws from. It is no ``decision_function``.
        Of more than 512 columns, those that a flow does not read count as independent and normal.

        Returns
        -------
        log_density : ndarray of shape (n_samples,)
            In nats, per unit of the columns of X.

        Raises
        ------
        ValueError
            ``preprocessing`` is a transformer whose slope is not known.
        """
        check_is_fitted(self)
        if self.front_:
            self.front_.refuse_density()
        return self.density_.log_density(self._table(X, reset=False))

    @shielded
    def sample(self, n_samples: int = 1, random_state: RandomState = None) -> Table:
        """Draw rows, in the units of X, from the density that ``score_samples`` measures.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            ``preprocessing`` is a transformer without ``inverse_transform``.
        """
        check_is_fitted(self)
        n, back = parameters.check_integer("n_samples", n_samples), None
        if self.front_:
            back = self.front_.inverse
        return self.density_.sample(n, random_state, back)

    @shielded
    def estimate_contamination(self, thresholder: Thresholder | None = None) -> float:
        """Estimate the contamination of the training rows from their scores.

        A rough guess; ``set_params(contamination=...)`` and fit again to use it. See
        :func:`pyod_robustnvp.contamination.estimate`.
        """
        check_is_fitted(self)
        return estimation.estimate(self.decision_scores_, thresholder)
