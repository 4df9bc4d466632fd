"""Fitted models in a file that holds numbers and text, and no program.

The file is of the safetensors format: arrays, and a header of JSON. In the header lie the
parameters, what the model learned besides arrays, the version of this format, the versions of the
packages and a SHA-256 of everything. Loading checks all of that before anything is built, and
neither imports nor runs what the file names.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from importlib.metadata import version
from numbers import Integral, Real
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from . import validation
from .axes import PrincipalAxes
from .flow import RealNVP
from .scaling import SoftQuantileScaler

FORMAT = "pyod-robustnvp"
FORMAT_VERSION = 1
PACKAGES = ("pyod-robustnvp", "torch", "scikit-learn", "pyod")

#: What a fit leaves besides arrays, and the types that JSON gives back.
LEARNED = {
    "device_": str,
    "n_iter_": int,
    "lipschitz_": float,
    "threshold_": float,
    "_mu": float,
    "_sigma": float,
    "_classes": int,
    "n_features_in_": int,
}
ARRAYS = {"decision_scores_": "float64", "labels_": "int64", "loss_curve_": "float64"}
SCALER = ("center_", "scale_")

#: What reading a damaged or forged file can end with.
DAMAGE = (
    AttributeError,
    KeyError,
    OverflowError,
    RecursionError,
    RuntimeError,
    SafetensorError,
    TypeError,
    ValueError,
)

Arrays = dict[str, NDArray]
Model = TypeVar("Model")


def save(clf: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted model: the whole file takes the place of a former one, or none does.

    Raises
    ------
    ValueError
        A parameter is an object that the file can't hold.
    OSError
        The file can't be written.
    """
    content = {
        "format_version": FORMAT_VERSION,
        "versions": {name: version(name) for name in PACKAGES},
        "parameters": {name: _plain(name, v) for name, v in clf.get_params(deep=False).items()},
        "learned": {name: kind(getattr(clf, name)) for name, kind in LEARNED.items()},
        "feature_names": [str(name) for name in getattr(clf, "feature_names_in_", ())],
    }
    arrays = dict(_arrays(clf))
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    header = {"format": FORMAT, "content": text, "sha256": _digest(text, arrays)}
    _replace(Path(path), to_bytes(arrays, header))


def load(cls: type[Model], path: str | os.PathLike[str]) -> Model:
    """Return the model that a file holds, on the device of its fit where there is one.

    Raises
    ------
    ValueError
        The file is not one of ours, is damaged, or was written by a later version.
    OSError
        The file can't be read.
    """
    try:
        content, arrays = _read(Path(path))
        return _restore(cls, content, arrays)
    except DAMAGE as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else error
        raise ValueError(
            f"{os.fspath(path)} can't be loaded: {why}; fit and save the model again, "
            "or load a copy that is whole"
        ) from error


def _plain(name: str, value: Any) -> Any:
    """Return a parameter as JSON holds it."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, torch.device):
        return str(value)
    if isinstance(value, tuple | list | np.ndarray):
        return [_plain(name, entry) for entry in value]
    raise ValueError(
        f"{name}={value!r} can't be saved without pickle; use joblib.dump, "
        "and load such a file only from people you trust"
    )


def _arrays(clf: Any) -> Iterator[tuple[str, NDArray]]:
    """Yield the arrays of a fitted model by name."""
    for name, kind in ARRAYS.items():
        yield name, np.asarray(getattr(clf, name), dtype=kind)
    for name, tensor in clf.flow_.state_dict().items():
        yield f"flow.{name}", tensor.cpu().numpy()
    scalers = {"scaler": clf.preprocessing_}
    if clf.axes_ is not None:
        yield "axes", np.ascontiguousarray(clf.axes_.axes_)
        scalers["axes_scaler"] = clf.axes_.scaler_
    for name, scaler in scalers.items():
        if scaler is not None:
            yield from ((f"{name}.{part}", getattr(scaler, part)) for part in SCALER)


def _digest(text: str, arrays: Arrays) -> str:
    """Return the SHA-256 of the content."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _replace(path: Path, data: bytes) -> None:
    """Put a file in the place of a former one when its last byte has reached the disk."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Return the content of a file that is whole and of this format."""
    path.open("rb").close()  # So that a file that can't be read is the error of the system.
    with safe_open(path, framework="numpy") as file:
        header = file.metadata() or {}
        if header.get("format") != FORMAT:
            raise ValueError("it holds no model of pyod-robustnvp")
        content = json.loads(header["content"])
        if content["format_version"] > FORMAT_VERSION:
            made = content["versions"]["pyod-robustnvp"]
            raise ValueError(f"pyod-robustnvp {made} wrote it, a later version: upgrade")
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if _digest(header["content"], arrays) != header["sha256"]:
        raise ValueError("its checksum is not that of its content: it is damaged")
    return content, arrays


def _restore(cls: type[Model], content: dict[str, Any], arrays: Arrays) -> Model:
    """Build the model of a content, once that has been checked."""
    parameters = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in content["parameters"].items()
    }
    clf: Any = cls(**parameters)
    clf._settings(len(arrays["decision_scores_"]))
    learned = {name: kind(content["learned"][name]) for name, kind in LEARNED.items()}
    names = content["feature_names"]
    _check_arrays(clf, learned["n_features_in_"], names, arrays)
    vars(clf).update(learned)
    if names:
        clf.feature_names_in_ = np.array(names, dtype=object)
    for name in ARRAYS:
        setattr(clf, name, arrays[name])
    clf.loss_curve_ = clf.loss_curve_.tolist()
    clf.preprocessing_ = _scaler(arrays, "scaler")
    clf.axes_ = _axes(arrays)
    clf.device_ = validation.device_or_cpu(learned["device_"])
    clf.flow_ = _flow(clf, arrays).requires_grad_(False).to(clf.device_)
    return clf


def _check_arrays(clf: Any, d: int, names: list[str], arrays: Arrays) -> None:
    """Refuse arrays that are not those of a model with such parameters."""
    expected = _expected(clf, d, len(arrays["decision_scores_"]), len(arrays["loss_curve_"]))
    found = {name: (str(array.dtype), array.shape) for name, array in arrays.items()}
    for name in sorted({*expected, *found}):
        if expected.get(name) != found.get(name):
            raise ValueError(f"{name} is {found.get(name)}, not {expected.get(name)}")
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} holds a number that is not finite")
    if names and len(names) != d:
        raise ValueError(f"it names {len(names)} columns of {d}")
    order = arrays["flow.order"]
    if not (np.sort(order, axis=1) == np.arange(d)).all():
        raise ValueError("flow.order is no order of the columns")


def _expected(clf: Any, d: int, n: int, epochs: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return the type and the shape of each array, without making one."""
    members = validation.check_integer("n_estimators", clf.n_estimators)
    widths = validation.check_widths(clf.hidden_neuron_list)
    with torch.device("meta"):
        state = RealNVP(validation.check_integer("n_features_in_", d), members, widths).state_dict()
    found = {
        f"flow.{name}": (str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape))
        for name, tensor in state.items()
    }
    lengths = {"decision_scores_": n, "labels_": n, "loss_curve_": epochs}
    found |= {name: (kind, (lengths[name],)) for name, kind in ARRAYS.items()}
    scalers = ["scaler"] if clf.preprocessing else []
    if clf.principal_axes and members > 1:
        found["axes"] = ("float64", (d, d))
        scalers.append("axes_scaler")
    return found | {f"{name}.{part}": ("float64", (d,)) for name in scalers for part in SCALER}


def _flow(clf: Any, arrays: Arrays) -> RealNVP:
    d, members = arrays["flow.order"].shape[1], len(arrays["flow.order"])
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
    scaler = SoftQuantileScaler()
    scaler.center_, scaler.scale_ = (arrays[f"{name}.{part}"] for part in SCALER)
    scaler.n_features_in_ = len(scaler.center_)
    return scaler
