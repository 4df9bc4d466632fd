"""Constructor arguments that make other models of the paper out of ``RobustRealNVP``.

Examples
--------
>>> from pyod_robustnvp import PAPER, REAL_NVP, RobustRealNVP
>>> RobustRealNVP(**PAPER, contamination=0.05).epoch_num
200
>>> RobustRealNVP(**{**PAPER, **REAL_NVP}).lipschitz is None
True
"""

from sklearn.preprocessing import MinMaxScaler

#: RealNVP: every row is learned, nothing is capped (Dinh, Sohl-Dickstein, Bengio 2017).
REAL_NVP = {"trim_fraction": 0.0, "lipschitz": None}

#: TrimRealNVP: the least likely rows are left out, nothing is capped (Liu, Tan, Zhou 2022).
TRIM_REAL_NVP = {"lipschitz": None}

#: The authors' settings for RobustRealNVP on ODDS (Liu, Tan, Zhou 2022, and their experiment
#: scripts), where ``contamination`` is the true one.
PAPER = {
    "preprocessing": MinMaxScaler(),
    "principal_axes": False,
    "noise": 0.0,
    "lr": 3e-4,
    "epoch_num": 200,
    "batch_size": 128,
    "hidden_neuron_list": (256, 256),
    "n_estimators": 1,
    "lipschitz": 1.5,
    "trim_fraction": None,
}
