"""The detectors that are compared, by name: PyOD's by their defaults, and the paper's methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from inspect import signature

from pyod.models.auto_encoder import AutoEncoder
from pyod.models.base import BaseDetector
from pyod.models.cblof import CBLOF
from pyod.models.copod import COPOD
from pyod.models.deep_svdd import DeepSVDD
from pyod.models.ecod import ECOD
from pyod.models.gmm import GMM
from pyod.models.hbos import HBOS
from pyod.models.iforest import IForest
from pyod.models.inne import INNE
from pyod.models.knn import KNN
from pyod.models.lof import LOF
from pyod.models.mcd import MCD
from pyod.models.ocsvm import OCSVM
from pyod.models.pca import PCA
from pyod.models.vae import VAE

from pyod_robustnvp import PAPER, REAL_NVP, TRIM_REAL_NVP, RobustRealNVP

from .extras import extra
from .so_gaal import SOGAAL

#: Makes an unfitted detector from a contamination, a seed and the number of columns.
Maker = Callable[[float, int, int], BaseDetector]

OURS = "RobustRealNVP"


def seeded(cls: type[BaseDetector], **settings: object) -> Maker:
    """Return what makes a detector that takes a random state."""
    return lambda contamination, seed, columns: cls(
        contamination=contamination, random_state=seed, **settings
    )


def unseeded(cls: type[BaseDetector], **settings: object) -> Maker:
    """Return what makes a detector that takes no random state."""
    return lambda contamination, seed, columns: cls(contamination=contamination, **settings)


def sized(cls: type[BaseDetector], **settings: object) -> Maker:
    """Return what makes a detector that takes a random state and the number of columns."""
    return lambda contamination, seed, columns: cls(
        columns, contamination=contamination, random_state=seed, **settings
    )


def aderh(contamination: float, seed: int, columns: int) -> BaseDetector:
    """Make ADERH (Durani et al., NeurIPS 2025), which is no detector of PyOD's but has its calls.

    It takes points from the first rows, so that these must be in random order.
    """
    return extra("aderh", "bench").ADERH(contamination=contamination, random_state=seed)


DETECTORS: dict[str, Maker] = {
    OURS: seeded(RobustRealNVP),
    "TrimRealNVP": seeded(RobustRealNVP, **TRIM_REAL_NVP),
    "RealNVP": seeded(RobustRealNVP, **REAL_NVP),
    "IForest": seeded(IForest),
    "LOF": unseeded(LOF),
    "OCSVM": unseeded(OCSVM),
    "KNN": unseeded(KNN),
    "MCD": seeded(MCD),
    "INNE": seeded(INNE),
    "ECOD": unseeded(ECOD),
    "COPOD": unseeded(COPOD),
    "CBLOF": seeded(CBLOF),
    "GMM": seeded(GMM),
    "HBOS": unseeded(HBOS),
    "PCA": seeded(PCA),
    "ADERH": aderh,
}

#: What is compared where nobody says otherwise: all but the paper's two weaker models.
USUAL = tuple(name for name in DETECTORS if name not in ("TrimRealNVP", "RealNVP"))

#: The paper's methods. The flows have the authors' settings for ODDS. Those of the others are in an
#: appendix that was not at hand: they have PyOD's defaults, but for OCSVM and SO-GAAL's score.
METHODS: dict[str, Maker] = {
    OURS: seeded(RobustRealNVP, **PAPER, device="cpu"),
    "RealNVP": seeded(RobustRealNVP, **(PAPER | REAL_NVP), device="cpu"),
    "AE": seeded(AutoEncoder, device="cpu", verbose=0),
    "VAE": seeded(VAE, device="cpu", verbose=0),
    "SO-GAAL": unseeded(SOGAAL),
    "Deep-SVDD": sized(DeepSVDD, verbose=0),
    "OCSVM": unseeded(OCSVM, gamma="scale"),
    "LOF": unseeded(LOF),
    "IF": seeded(IForest),
    "TrimRealNVP": seeded(RobustRealNVP, **(PAPER | TRIM_REAL_NVP), device="cpu"),
    "OCSVM, PyOD's gamma": unseeded(OCSVM),
}

#: Those of the paper's tables.
NINE = tuple(METHODS)[:9]


def maker(name: str, registry: Mapping[str, Maker] = DETECTORS) -> Maker:
    """Return what makes a detector of a registry, or of a class that is named module:Class.

    Such a class is made with ``contamination``, and with ``random_state`` if it takes one.

    Raises
    ------
    ValueError
        There is none of that name: which there are.

    Examples
    --------
    >>> maker("pyod.models.sos:SOS")(0.2, 0, 3).contamination
    0.2
    """
    if name in registry:
        return registry[name]
    module, _, kind = name.partition(":")
    try:
        cls = getattr(import_module(module), kind)
        return seeded(cls) if "random_state" in signature(cls).parameters else unseeded(cls)
    except (AttributeError, ImportError, TypeError, ValueError) as error:
        raise ValueError(
            f"{name} is no detector ({error}): give one of {', '.join(registry)}, or module:Class"
        ) from error


#: What makes every method quick, where it has such a parameter; the first epoch does not trim.
QUICK = {"epoch_num": 3, "epochs": 3, "stop_epochs": 1, "hidden_neuron_list": [32, 16]}


def quickened(clf: BaseDetector) -> BaseDetector:
    """Return a detector that trains small networks for few epochs."""
    known = clf.get_params()
    return clf.set_params(**{name: value for name, value in QUICK.items() if name in known})
