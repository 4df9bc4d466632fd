"""Fitted models in a file that holds numbers and text, and no program.

The file is of the safetensors format: arrays, and a header of JSON. In the header lie the
parameters, what the model learned besides arrays, the version of this format, the versions of the
packages and a SHA-256 of everything. Loading reads the file once, checks all of it before the model
is handed out, and neither imports nor runs what the file names.

The checksum has no key. It tells a damaged file, not one that somebody changed on purpose and
summed anew: such a file loads if what it holds could be a model.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from inspect import signature
from numbers import Integral, Real
from typing import Any, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as from_bytes
from safetensors.numpy import save as to_bytes

from . import devices, files
from .box import Box
from .density import TOLERANCE, TabularDensity
from .diagnosis import one_line, shortened
from .parameters import (
    check_integer,
    check_option,
    check_trim_fraction,
    of_format_1,
    resolve,
    warn_of_other_version,
)
from .settings import Settings

FORMAT = "pyod-robustnvp"
FORMAT_VERSION = 2
PACKAGES = ("pyod-robustnvp", "torch", "scikit-learn", "pyod")
DEVICE = re.compile(r"(cpu|cuda|mps|xpu)(:\d+)?")

#: What a fit leaves besides arrays.
LEARNED: dict[str, type] = {
    "n_iter_": int,
    "lipschitz_": float,
    "threshold_": np.float64,
    "_mu": np.float64,
    "_sigma": np.float64,
    "_classes": int,
    "n_features_in_": int,
}
ARRAYS = {"decision_scores_": "float64", "labels_": "int64", "loss_curve_": "float64"}
OTHERS = ("density_", "front_", "feature_names_in_", "classes_")

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

Arrays = dict[str, NDArray[Any]]
Content = dict[str, Any]


@dataclass(frozen=True)
class Model:
    """What a file holds of a fitted detector.

    Attributes
    ----------
    parameters : mapping of a name to a value
        The constructor's arguments.
    learned : mapping of a name to a value
        The attributes that a fit leaves, ``density_`` among them.
    """

    parameters: Mapping[str, Any]
    learned: Mapping[str, Any]


def save(model: Model, path: files.Target, cls: type) -> None:
    """Write a fitted model: the whole file takes the place of a former one, or none does.

    Raises
    ------
    ValueError
        The file can't hold the model, or would not load.
    TypeError
        ``path`` is neither a path nor a binary file.
    OSError
        The file can't be written.
    """
    target = files.writable(path)
    content, arrays = _content(model, cls), _arrays(model)
    try:
        _restored(content, arrays, cls)
    except DAMAGE as error:
        raise ValueError(
            f"the model can't be saved: {error}; a parameter or the density was changed after the "
            "fit: fit again"
        ) from error
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    header = {"format": FORMAT, "content": text, "sha256": digest(text, arrays)}
    files.write(target, to_bytes(arrays, header))


def load(path: files.Source, cls: type) -> Model:
    """Return the model that a file holds, on the device of its fit where there is one.

    Parameters
    ----------
    path : str, path-like, binary file or bytes
    cls : type
        Of the detector that the file must hold: RobustRealNVP or a subclass.

    Raises
    ------
    ValueError
        The file is not one of ours or of another class, is damaged, or is of a later version.
    TypeError
        ``path`` is neither a path nor a file nor bytes.
    OSError
        The file can't be read.
    """
    read, name = files.readable(path)
    try:
        data = read()
        if not isinstance(data, bytes):
            raise ValueError("it is open for text, not with mode 'rb'")
        content, arrays = parse(data)
        if content["class"] != cls.__name__:
            raise ValueError(f"it holds a {content['class']!r}, whose own load loads it")
        warn_of_other_version(name, content["versions"]["pyod-robustnvp"])
        return _restored(content, arrays, cls)
    except DAMAGE as error:
        # Torch's errors go on with where in its own code they come from.
        why = (str(error) or type(error).__name__).splitlines()[0]
        if isinstance(error, KeyError):
            why = f"it lacks {error}"
        raise ValueError(
            f"{name} can't be loaded: {why}. Give a whole file of RobustRealNVP.save to the "
            "version that wrote it or a later one, or fit and save the model again"
        ) from error


def refuse_others(names: set[str]) -> None:
    """Refuse attributes of a detector that are neither parameters nor learned.

    Raises
    ------
    ValueError
    """
    for name in sorted(names):
        raise ValueError(
            f"{name} can't be saved: it is neither a parameter nor learned; delete it, or use "
            "joblib.dump"
        )


def refuse_former(state: Mapping[str, Any]) -> None:
    """Refuse what an earlier version pickled, whose objects are not today's.

    Raises
    ------
    ValueError
        The version is before 0.2.0.
    """
    if "flow_" in state:
        raise ValueError(
            "this model was pickled by pyod-robustnvp before 0.2.0, in another form: fit it again"
        )


def _content(model: Model, cls: type) -> Content:
    """Return all but the arrays of a fitted model, as JSON holds it."""
    learned, density = model.learned, model.learned["density_"]
    if more := sorted(set(learned) - {*LEARNED, *ARRAYS, *OTHERS}):
        raise ValueError(f"{more[0]} can't be saved without pickle; use joblib.dump")
    plain = {name: _number(name, learned[name]) for name in LEARNED}
    return {
        "format_version": _version_of(density),
        "class": cls.__name__,
        "versions": {name: version(name) for name in PACKAGES},
        "parameters": {name: _plain(name, value) for name, value in model.parameters.items()},
        "learned": plain | {"device_": str(density.device), "trim": density.settings.trim},
        "feature_names": [str(name) for name in learned.get("feature_names_in_", ())],
    }


def _version_of(density: TabularDensity) -> int:
    """Return the version of the format that holds such a density: a file of format 1 stays one."""
    return 1 if isinstance(density.box, Box) else FORMAT_VERSION


def _number(name: str, value: Any) -> int | float:
    """Return a learned number as JSON holds it."""
    try:
        number = LEARNED[name](value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name}={value!r} can't be saved: give a finite number")
    return float(number) if issubclass(LEARNED[name], float) else int(number)


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
    raise ValueError(refusal(name, value))


def refusal(name: str, value: Any) -> str:
    """Say that a file of numbers and text can't hold an object."""
    held = shortened(one_line(repr(value)))
    return (
        f"{name}={held} can't be saved without pickle; use joblib.dump, "
        "and load such a file only from people you trust"
    )


def _arrays(model: Model) -> Arrays:
    """Return the arrays of a fitted model by name."""
    own = {name: np.asarray(model.learned[name], dtype=kind) for name, kind in ARRAYS.items()}
    density: TabularDensity = model.learned["density_"]
    return own | density.state()


def digest(text: str, arrays: Arrays) -> str:
    """Return the SHA-256 of the content."""
    total = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype} {array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def parse(data: bytes) -> tuple[Content, Arrays]:
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
    if digest(header["content"], arrays) != header["sha256"]:
        raise ValueError("its checksum is not that of its content: it is damaged")
    return content, arrays


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds a number that is {name}")


def _restored(content: Content, arrays: Arrays, cls: type) -> Model:
    """Return the model of a content, checked."""
    parameters = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in content["parameters"].items()
    }
    settings = _settings(cls, parameters)
    if content["format_version"] == 1:
        settings = of_format_1(settings)
    # Another contamination may have been set after the fit.
    settings = replace(settings, trim=_trim(content["learned"], settings.trim))
    learned = {name: _learned(name, content["learned"][name]) for name in LEARNED}
    _check_arrays(settings, learned["n_features_in_"], arrays)
    density = _density(settings, content["learned"]["device_"], arrays)
    density.loss_curve, density.n_steps = arrays["loss_curve_"].tolist(), learned["n_iter_"]
    learned |= {name: arrays[name] for name in ARRAYS}
    learned |= {"density_": density, "loss_curve_": density.loss_curve}
    learned |= {"classes_": np.array([0, 1]), "front_": None}
    _check_learned(learned)
    if names := _names(content["feature_names"], learned["n_features_in_"]):
        learned["feature_names_in_"] = np.array(names, dtype=object)
    return Model(parameters, learned)


def _settings(cls: type, parameters: Mapping[str, Any]) -> Settings:
    """Return the settings of parameters, but for those that the file can't hold."""
    if missing := sorted(set(signature(cls).parameters) - set(parameters)):
        raise ValueError(f"it lacks the parameter {missing[0]}")
    made = cls(**parameters)
    settings = resolve(made)
    check_option("preprocessing", made.preprocessing, (True, False))
    if type(made.random_state) not in (int, bool, type(None)):
        raise ValueError(f"random_state is {made.random_state!r}")
    if type(made.device) not in (int, str, type(None)):
        raise ValueError(f"device is {made.device!r}")
    return settings


def _trim(learned: Mapping[str, Any], by_parameters: float) -> float:
    """Return what training left out, by the parameters where an earlier version wrote the file."""
    return check_trim_fraction(learned.get("trim", by_parameters), None, 0.0)


def _learned(name: str, value: Any) -> Any:
    """Return a learned value as the type that fit leaves."""
    kind = LEARNED[name]
    plain = float if issubclass(kind, float) else int
    if type(value) is not plain or not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}, no finite {plain.__name__}")
    return kind(value)


def _check_arrays(settings: Settings, d: int, arrays: Arrays) -> None:
    """Refuse arrays that are not those of a model with such settings."""
    layers = sum(name.startswith("flow.weights.") for name in arrays)
    if layers != len(settings.hidden) + 1:
        raise ValueError(
            f"it holds {layers} layers, not the {len(settings.hidden) + 1} of its networks"
        )
    n, epochs = max(len(arrays["decision_scores_"]), 2), max(len(arrays["loss_curve_"]), 1)
    lengths = {"decision_scores_": n, "labels_": n, "loss_curve_": epochs}
    own = {name: (kind, (lengths[name],)) for name, kind in ARRAYS.items()}
    expected = own | TabularDensity.shapes(settings, check_integer("n_features_in_", d))
    found = {name: (str(array.dtype), array.shape) for name, array in arrays.items()}
    for name in sorted({*expected, *found}):
        if expected.get(name) != found.get(name):
            raise ValueError(f"{name} is {found.get(name)}, not {expected.get(name)}")
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} holds a number that is not finite")


def _density(settings: Settings, device: Any, arrays: Arrays) -> TabularDensity:
    if type(device) is not str or not DEVICE.fullmatch(device):
        raise ValueError(f"device_ is {device!r}, no device")
    usable = devices.choose_again(settings.device, device)
    return TabularDensity.from_state(settings, arrays, usable)


def _names(names: Any, d: int) -> list[str]:
    """Return the names of the columns, if they have any."""
    if type(names) is not list or not all(type(name) is str for name in names):
        raise ValueError("the names of its columns are no list of text")
    if names and len(names) != d:
        raise ValueError(f"it names {len(names)} columns of {d}")
    return names


def _check_learned(learned: Mapping[str, Any]) -> None:
    """Refuse what no fit leaves side by side."""
    if learned["_classes"] != 2 or learned["n_iter_"] < 1 or learned["_sigma"] < 0:
        raise ValueError("_classes, n_iter_ or _sigma are not those of a fit")
    if not np.isin(learned["labels_"], learned["classes_"]).all():
        raise ValueError("labels_ hold another number than 0 and 1")
    sigma, said = learned["density_"].sigma(), learned["lipschitz_"]
    if not math.isclose(sigma, said, rel_tol=TOLERANCE):
        raise ValueError(f"its weights have not the Lipschitz constants of {said}")
