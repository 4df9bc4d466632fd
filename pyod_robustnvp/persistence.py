"""Fitted models in a file that holds numbers and text, and no program.

The file is of the safetensors format: arrays, and a header of JSON. In the header lie the
parameters, what the model learned besides arrays, the version of this format, the versions of the
packages and a SHA-256 of everything. Loading reads the file once, checks all of it before the model
is handed out, and neither imports nor runs what the file names.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from importlib.metadata import version
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as from_bytes
from safetensors.numpy import save as to_bytes

from . import validation
from .axes import PrincipalAxes
from .box import Box
from .flow import RealNVP
from .scaling import NARROWEST, SoftQuantileScaler

FORMAT = "pyod-robustnvp"
FORMAT_VERSION = 1
PACKAGES = ("pyod-robustnvp", "torch", "scikit-learn", "pyod")
DEVICE = re.compile(r"(cpu|cuda|mps|xpu)(:\d+)?")

#: What a fit leaves besides arrays.
LEARNED: dict[str, Any] = {
    "device_": str,
    "n_iter_": int,
    "lipschitz_": float,
    "threshold_": np.float64,
    "_mu": np.float64,
    "_sigma": np.float64,
    "_classes": int,
    "n_features_in_": int,
}
ARRAYS = {"decision_scores_": "float64", "labels_": "int64", "loss_curve_": "float64"}
SCALED = ("center_", "scale_")
PARTS = {"flow_", "preprocessing_", "axes_", "box_", "feature_names_in_"}

#: What reading a damaged or forged file can end with.
DAMAGE = (
    AttributeError,
    KeyError,
    MemoryError,
    OverflowError,
    RecursionError,
    RuntimeError,
    SafetensorError,
    TypeError,
    ValueError,
)

#: float32 carries it through all couplings, and no training leads there.
LARGEST_BIAS = 1e15

Arrays = dict[str, NDArray]
Content = dict[str, Any]


def save(clf: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted model: the whole file takes the place of a former one, or none does.

    Raises
    ------
    ValueError
        The file can't hold the model, or would not load.
    TypeError
        ``path`` is no path.
    OSError
        The file can't be written.
    """
    path = _path(path, "saved")
    content, arrays = _content(clf), dict(_arrays(clf))
    try:
        _restore(type(clf), content, arrays)
    except DAMAGE as error:
        raise ValueError(
            f"the model can't be saved: {error}; a parameter was changed after the fit: fit again"
        ) from error
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    header = {"format": FORMAT, "content": text, "sha256": _digest(text, arrays)}
    _replace(Path(os.path.realpath(path)), to_bytes(arrays, header))


def load(cls: type, path: str | os.PathLike[str]) -> Any:
    """Return the model that a file holds, on the device of its fit where there is one.

    Raises
    ------
    ValueError
        The file is not one of ours, is damaged, or was written by a later version.
    TypeError
        ``path`` is no path.
    OSError
        The file can't be read.
    """
    path = _path(path, "loaded")
    try:
        content, arrays = _parse(path.read_bytes())
        return _restore(cls, content, arrays)
    except DAMAGE as error:
        # Torch's errors go on with where in its own code they come from.
        why = (str(error) or type(error).__name__).splitlines()[0]
        if isinstance(error, KeyError):
            why = f"it lacks {error}"
        raise ValueError(
            f"{path} can't be loaded: {why}. Give a whole file of RobustRealNVP.save to the "
            "version that wrote it or a later one, or fit and save the model again"
        ) from error


def _path(given: str | os.PathLike[str], verb: str) -> Path:
    """Return a path at which a file may lie."""
    try:
        path = Path(given)
    except TypeError as error:
        raise TypeError(f"path must be a str or a pathlib.Path, got {given!r}") from error
    if "\0" in str(path):
        raise ValueError(f"path must not hold null characters, got {given!r}")
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, f"no model can be {verb}: it is a folder", str(path))
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} can't be {verb}: it is no regular file; give another path")
    return path


def _content(clf: Any) -> Content:
    """Return all but the arrays of a fitted model, as JSON holds it."""
    known = {*LEARNED, *ARRAYS, *PARTS}
    if more := sorted(name for name in vars(clf) if name.endswith("_") and name not in known):
        raise ValueError(f"{more[0]} can't be saved without pickle; use joblib.dump")
    if clf.preprocessing_ is not None and type(clf.preprocessing_) is not SoftQuantileScaler:
        raise ValueError(_refusal("preprocessing", clf.preprocessing_))
    return {
        "format_version": FORMAT_VERSION,
        "class": type(clf).__name__,
        "versions": {name: version(name) for name in PACKAGES},
        "parameters": {name: _plain(name, v) for name, v in clf.get_params(deep=False).items()},
        "learned": {name: _plain(name, getattr(clf, name)) for name in LEARNED},
        "feature_names": [str(name) for name in getattr(clf, "feature_names_in_", ())],
    }


def _plain(name: str, value: Any) -> Any:
    """Return a parameter as JSON holds it."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if value is None:
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real) and math.isfinite(value):
        return float(value)
    if isinstance(value, torch.device):
        return str(value)
    if isinstance(value, tuple | list | range | np.ndarray):
        return [_plain(name, entry) for entry in value]
    raise ValueError(_refusal(name, value))


def _refusal(name: str, value: Any) -> str:
    return (
        f"{name}={value!r} can't be saved without pickle; use joblib.dump, "
        "and load such a file only from people you trust"
    )


def _arrays(clf: Any) -> Iterator[tuple[str, NDArray]]:
    """Yield the arrays of a fitted model by name."""
    for name, kind in ARRAYS.items():
        yield name, np.asarray(getattr(clf, name), dtype=kind)
    for name, tensor in clf.flow_.state_dict().items():
        yield f"flow.{name}", tensor.cpu().numpy()
    scalers = {"box": clf.box_, "scaler": clf.preprocessing_}
    if clf.axes_ is not None:
        yield "axes", np.ascontiguousarray(clf.axes_.axes_)
        scalers["axes_scaler"] = clf.axes_.scaler_
    for name, scaler in scalers.items():
        if scaler is not None:
            yield from ((f"{name}.{part}", getattr(scaler, part)) for part in SCALED)


def _digest(text: str, arrays: Arrays) -> str:
    """Return the SHA-256 of the content."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _replace(path: Path, data: bytes) -> None:
    """Put a file in the place of a former one when its last byte has reached the disk.

    Who is killed on the way leaves a hidden file that ends in .draft.
    """
    draft = path.with_name(f".{uuid.uuid4().hex}.draft")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(path, draft)
        draft.replace(path)
    except OSError as error:
        why = f"the model can't be saved: {error.strerror}"
        raise OSError(error.errno, why, str(path)) from error
    finally:
        draft.unlink(missing_ok=True)


def _parse(data: bytes) -> tuple[Content, Arrays]:
    """Return what a file of this format holds, once it is known to be whole."""
    arrays = from_bytes(data)
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    if header.get("format") != FORMAT:
        raise ValueError("it holds no model of pyod-robustnvp")
    content = json.loads(header["content"], parse_constant=_refuse_constant)
    found = content["format_version"]
    if type(found) is not int or not 1 <= found <= FORMAT_VERSION:
        raise ValueError(f"its format is {found!r}, this version reads 1 to {FORMAT_VERSION}")
    if _digest(header["content"], arrays) != header["sha256"]:
        raise ValueError("its checksum is not that of its content: it is damaged")
    return content, arrays


def _refuse_constant(name: str) -> None:
    raise ValueError(f"it holds a number that is {name}")


def _restore(cls: type, content: Content, arrays: Arrays) -> Any:
    """Return the model of a content, checked."""
    if content["class"] != cls.__name__:
        raise ValueError(f"it holds a {content['class']!r}, whose own load loads it")
    parameters = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in content["parameters"].items()
    }
    clf: Any = cls(**parameters)
    _check_parameters(clf, parameters)
    learned = {name: _learned(name, content["learned"][name]) for name in LEARNED}
    names = content["feature_names"]
    _check_arrays(clf, learned["n_features_in_"], names, arrays)
    vars(clf).update(learned)
    if names:
        clf.feature_names_in_ = np.array(names, dtype=object)
    for name in ARRAYS:
        setattr(clf, name, arrays[name])
    clf.loss_curve_ = clf.loss_curve_.tolist()
    clf.box_ = _scaled(Box(), arrays, "box")
    clf.preprocessing_, clf.axes_ = _scaler(arrays, "scaler"), _axes(arrays)
    clf.device_ = validation.device_or_cpu(learned["device_"])
    clf.flow_ = _flow(clf, arrays).requires_grad_(False).to(clf.device_)
    _check_model(clf)
    return clf


def _check_parameters(clf: Any, parameters: dict[str, Any]) -> None:
    """Refuse parameters that fit refuses, or that the file can't hold."""
    if missing := sorted(set(clf.get_params(deep=False)) - set(parameters)):
        raise ValueError(f"it lacks the parameter {missing[0]}")
    clf._settings(2)
    validation.check_option("preprocessing", clf.preprocessing, (True, False))
    if type(clf.random_state) not in (int, bool, type(None)):
        raise ValueError(f"random_state is {clf.random_state!r}")
    if type(clf.device) not in (int, str, type(None)):
        raise ValueError(f"device is {clf.device!r}")


def _learned(name: str, value: Any) -> Any:
    """Return a learned value as the type that fit leaves."""
    kind = LEARNED[name]
    plain = float if issubclass(kind, float) else kind
    if type(value) is not plain or (plain is float and not math.isfinite(value)):
        raise ValueError(f"{name} is {value!r}, no finite {plain.__name__}")
    if name == "device_" and not DEVICE.fullmatch(str(value)):
        raise ValueError(f"device_ is {value!r}, no device")
    return kind(value)


def _check_arrays(clf: Any, d: int, names: list[str], arrays: Arrays) -> None:
    """Refuse arrays that are not those of a model with such parameters."""
    expected = _expected(clf, d, arrays)
    found = {name: (str(array.dtype), array.shape) for name, array in arrays.items()}
    for name in sorted({*expected, *found}):
        if expected.get(name) != found.get(name):
            raise ValueError(f"{name} is {found.get(name)}, not {expected.get(name)}")
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} holds a number that is not finite")
    if type(names) is not list or not all(type(name) is str for name in names):
        raise ValueError("the names of its columns are no list of text")
    if names and len(names) != d:
        raise ValueError(f"it names {len(names)} columns of {d}")
    if not (np.sort(arrays["flow.order"], axis=1) == np.arange(d)).all():
        raise ValueError("flow.order is no order of the columns")


def _expected(clf: Any, d: int, arrays: Arrays) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return the type and the shape of each array, without making one."""
    members = validation.check_integer("n_estimators", clf.n_estimators)
    widths = validation.check_widths(clf.hidden_neuron_list)
    layers = sum(name.startswith("flow.weights.") for name in arrays)
    if layers != len(widths) + 1:
        raise ValueError(f"it holds {layers} layers, not the {len(widths) + 1} of its networks")
    with torch.device("meta"):
        state = RealNVP(validation.check_integer("n_features_in_", d), members, widths).state_dict()
    found = {
        f"flow.{name}": (str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape))
        for name, tensor in state.items()
    }
    n, epochs = max(len(arrays["decision_scores_"]), 2), max(len(arrays["loss_curve_"]), 1)
    lengths = {"decision_scores_": n, "labels_": n, "loss_curve_": epochs}
    found |= {name: (kind, (lengths[name],)) for name, kind in ARRAYS.items()}
    scalers = ["box", *(["scaler"] if clf.preprocessing else [])]
    if clf.principal_axes and members > 1:
        found["axes"] = ("float64", (d, d))
        scalers.append("axes_scaler")
    return found | {f"{name}.{part}": ("float64", (d,)) for name in scalers for part in SCALED}


def _check_model(clf: Any) -> None:
    """Refuse a model whose parts contradict each other."""
    if clf._classes != 2 or clf.n_iter_ < 1 or clf._sigma < 0:
        raise ValueError("_classes, n_iter_ or _sigma are not those of a fit")
    scalers = [clf.box_, clf.preprocessing_, clf.axes_ and clf.axes_.scaler_]
    if any((scaler.scale_ < NARROWEST).any() for scaler in scalers if scaler is not None):
        raise ValueError("a scale is not above 0")
    if clf.axes_ is not None:
        square = clf.axes_.axes_.T @ clf.axes_.axes_
        if not np.allclose(square, np.eye(len(square)), atol=1e-6):
            raise ValueError("the principal axes are not orthonormal")
    if not ((clf.decision_scores_ > clf.threshold_) == clf.labels_).all():
        raise ValueError("labels_ are not what threshold_ makes of decision_scores_")
    caps = validation.check_caps(clf.lipschitz)
    if caps and clf.lipschitz_ > max(caps) * (1 + 1e-4):
        raise ValueError(f"lipschitz={clf.lipschitz} is below the weights' {clf.lipschitz_}")
    if not math.isclose(float(clf.flow_.sigma().max()), clf.lipschitz_, rel_tol=1e-4):
        raise ValueError(f"its weights have not the Lipschitz constants of {clf.lipschitz_}")
    if max(float(bias.abs().max()) for bias in clf.flow_.biases) > LARGEST_BIAS:
        raise ValueError(f"a bias of its flows is beyond {LARGEST_BIAS:g}")


def _flow(clf: Any, arrays: Arrays) -> RealNVP:
    members, d = arrays["flow.order"].shape
    flow = RealNVP(d, members, tuple(clf.hidden_neuron_list), torch.Generator())
    flow.load_state_dict(
        {name: torch.from_numpy(arrays[f"flow.{name}"]) for name in flow.state_dict()}
    )
    return flow


def _axes(arrays: Arrays) -> PrincipalAxes | None:
    scaler = _scaler(arrays, "axes_scaler")
    if scaler is None:
        return None
    axes = PrincipalAxes()
    axes.axes_, axes.scaler_ = arrays["axes"], scaler
    return axes


def _scaler(arrays: Arrays, name: str) -> SoftQuantileScaler | None:
    if f"{name}.center_" not in arrays:
        return None
    scaler = _scaled(SoftQuantileScaler(), arrays, name)
    scaler.n_features_in_ = len(scaler.center_)
    return scaler


def _scaled(part: Any, arrays: Arrays, name: str) -> Any:
    """Give a part of the model its centers and scales."""
    part.center_, part.scale_ = (arrays[f"{name}.{each}"] for each in SCALED)
    return part
