"""RobustRealNVP: a PyOD detector for tables that already contain their anomalies."""

from .detector import RobustRealNVP
from .presets import PAPER, REAL_NVP, TRIM_REAL_NVP

__all__ = ["PAPER", "REAL_NVP", "TRIM_REAL_NVP", "RobustRealNVP", "__version__"]
__version__ = "0.3.0"
