"""A detector that can be saved, loaded and pickled, and what it holds then."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from . import diagnosis, files, parameters, persistence
from .base import ThresholdedDetector
from .density import TabularDensity
from .front import Front
from .shield import shielded

#: What a pickle says, besides the attributes.
WRITTEN_BY = "pyod-robustnvp"
#: What a fit sets last and drops first, so that an interrupted one leaves nothing that counts.
LAST_LEARNED = "_sigma"


class SavedDetector(ThresholdedDetector):
    """A detector whose fit leaves a density, in a file as in memory."""

    front_: Front | None

    @shielded
    def save(self, path: files.Target) -> None:
        """Write the fitted model to a file that holds numbers and text, and no program.

        Parameters
        ----------
        path : str, path-like or binary file
            A former file at a path is replaced when the new one is whole, and kept when that fails:
            who has it open reads the former one on. What is given as a file is written to.

        Raises
        ------
        ValueError
            A parameter is an object, such as a transformer: use ``joblib.dump``. Or a parameter was
            changed after the fit, an attribute is none of the detector's, or what lies at ``path``
            is no file to replace.
        NotFittedError, TypeError, OSError
            There is nothing to save, ``path`` is neither a path nor a binary file, or the file
            can't be written.

        Warns
        -----
        UserWarning
            ``threshold_`` is not that of ``contamination``. The file holds both as they are.
        """
        check_is_fitted(self)
        given, learned = self.get_params(deep=False), self._learned()
        of_classes = (each for each in type(self).mro() if issubclass(each, SavedDetector))
        names = {name for each in of_classes for name in signature(each).parameters}
        persistence.refuse_others(vars(self).keys() - names - learned.keys())
        _refuse_foreign(learned)
        if self.front_ is not None:
            raise ValueError(persistence.refusal("preprocessing", self.front_.transformer))
        parameters.refuse_changes(self, self.density_.settings)
        parameters.warn_of_other_threshold(self)
        persistence.save(persistence.Model(given, learned), path, type(self))

    @classmethod
    @shielded
    def load(cls, path: files.Source) -> Self:
        """Return the model that :meth:`save` wrote: the same scores, on any machine.

        A model of a GPU comes back on a GPU where there is one, else on the CPU. Nothing in the
        file is imported or executed.

        Parameters
        ----------
        path : str, path-like, binary file or bytes

        Raises
        ------
        ValueError
            The file is damaged, of another kind, class or later version.
        TypeError, OSError
            ``path`` is none of these, or the file can't be read.

        Examples
        --------
        >>> import io
        >>> from pyod_robustnvp import RobustRealNVP
        >>> clf = RobustRealNVP(random_state=0).fit([[0.0], [1.0], [2.0], [9.0]])
        >>> clf.save(file := io.BytesIO())
        >>> again = RobustRealNVP.load(file.getvalue())
        >>> bool((again.decision_function([[3.0]]) == clf.decision_function([[3.0]])).all())
        True
        """
        model = persistence.load(path, cls)
        clf = cls(**model.parameters)
        clf.__dict__.update(model.learned)
        return clf

    def _learned(self) -> dict[str, Any]:
        """Return what a fit leaves, by the names of the attributes."""
        own = vars(self).items()
        return {k: v for k, v in own if k.endswith("_") or k in persistence.LEARNED}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take what was pickled, by this version or, with a word, by an earlier one."""
        persistence.refuse_former(state)
        own = dict(state)
        parameters.warn_of_other_version("the pickle", own.pop(WRITTEN_BY, "before 0.3.0"))
        if "density_" in own:
            own.setdefault("front_", None)
            own.setdefault("classes_", np.array([0, 1]))
        super().__setstate__(own)

    def __getstate__(self) -> dict[str, Any]:
        """Say which version writes."""
        return vars(self) | {WRITTEN_BY: parameters.own_version()}


def _refuse_foreign(learned: Mapping[str, Any]) -> None:
    """Refuse learned attributes that somebody set to what no fit leaves.

    Raises
    ------
    ValueError
    """
    density = learned["density_"]
    if not isinstance(density, TabularDensity):
        wrong = "density_"
    elif not isinstance(learned["front_"], Front | None):
        wrong = "front_"
    elif not np.array_equal(learned["classes_"], [0, 1]):
        wrong = "classes_"
    elif learned["n_features_in_"] != len(density.box.center_) and learned["front_"] is None:
        wrong = "n_features_in_"
    else:
        return
    held = diagnosis.shortened(diagnosis.one_line(repr(learned[wrong])))
    raise ValueError(f"{wrong}={held} can't be saved: no fit leaves it; fit again")
