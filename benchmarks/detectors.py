"""The detectors that are compared, each from its defaults, by name."""

from __future__ import annotations

from pyod.models.base import BaseDetector
from pyod.models.cblof import CBLOF
from pyod.models.copod import COPOD
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

from pyod_robustnvp import REAL_NVP, TRIM_REAL_NVP, RobustRealNVP

from .protocol import Maker


def seeded(cls: type[BaseDetector], **settings: object) -> Maker:
    """Return a function of (contamination, seed) that makes an unfitted detector."""
    return lambda contamination, seed: cls(
        contamination=contamination, random_state=seed, **settings
    )


def _unseeded(cls: type[BaseDetector]) -> Maker:
    return lambda contamination, seed: cls(contamination=contamination)


DETECTORS: dict[str, Maker] = {
    "RobustRealNVP": seeded(RobustRealNVP),
    "TrimRealNVP": seeded(RobustRealNVP, **TRIM_REAL_NVP),
    "RealNVP": seeded(RobustRealNVP, **REAL_NVP),
    "IForest": seeded(IForest),
    "LOF": _unseeded(LOF),
    "OCSVM": _unseeded(OCSVM),
    "KNN": _unseeded(KNN),
    "MCD": seeded(MCD),
    "INNE": seeded(INNE),
    "ECOD": _unseeded(ECOD),
    "COPOD": _unseeded(COPOD),
    "CBLOF": seeded(CBLOF),
    "GMM": seeded(GMM),
    "HBOS": _unseeded(HBOS),
    "PCA": seeded(PCA),
}

#: What is compared where nobody says otherwise: all but the paper's two weaker models.
USUAL = tuple(name for name in DETECTORS if name not in ("TrimRealNVP", "RealNVP"))
