"""The 16 ODDS sets for who has none: fetched from their public homes, checked, kept in a folder."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from . import options
from .data import DATA_DIR_VARIABLE
from .experiment import Experiment
from .extras import extra

ADBENCH = "https://raw.githubusercontent.com/Minqi824/ADBench/main/adbench/datasets/Classical/"
PYOD = "https://raw.githubusercontent.com/yzhao062/pyod/master/notebooks/data/"


class Remote(NamedTuple):
    """Where a file is and the SHA-256 of its content."""

    url: str
    sha256: str


#: ADBench (BSD-2-Clause) has 13 of the sets as the paper used them; of the three others its copies
#: have fewer columns or are not the same, and PyOD's notebooks have them.
FILES = {
    "annthyroid.npz": Remote(
        ADBENCH + "2_annthyroid.npz",
        "e738f7c58a8740d2c4aac4c71ff49ce5e1d1aa16f44178135fc9c09df05fad1b",
    ),
    "arrhythmia.mat": Remote(
        PYOD + "arrhythmia.mat",
        "e4d47e499591ae31e5d7f0cd983367092353eac240f48e14c9b36457edb3460d",
    ),
    "cardio.npz": Remote(
        ADBENCH + "6_cardio.npz",
        "bc5009bde6930b4d298b594f31b34485a9a17210cff0e8fb00a8c3068b885a2d",
    ),
    "glass.mat": Remote(
        PYOD + "glass.mat",
        "2c506e6e1e2ca1e82a905d10a90773151ff812c4bd969c71a12db5b2bb6e7921",
    ),
    "ionosphere.mat": Remote(
        PYOD + "ionosphere.mat",
        "8ac5dfa6f47db4acdfe10615489b7f7dd015d79d5b381ce641e72baca3cfefb0",
    ),
    "letter.npz": Remote(
        ADBENCH + "20_letter.npz",
        "f986d3da80cf1fa2aea83a5ebe73b7d4800e0d4c01fdd1ae074b58d20f10d039",
    ),
    "mammography.npz": Remote(
        ADBENCH + "23_mammography.npz",
        "a0308ac9712d78321073b1c2dc98dc37665c0f35c1cc33019416fe8f8d7de7ea",
    ),
    "mnist.npz": Remote(
        ADBENCH + "24_mnist.npz",
        "be7706272325fdd3592c1be555ae1a82f916a2f8545f4f8cbaa548ab102cc44c",
    ),
    "musk.npz": Remote(
        ADBENCH + "25_musk.npz",
        "2ed3f4392197b76a1e59116ff880c7720a4b026cf4842073a53b56fdea265017",
    ),
    "pendigits.npz": Remote(
        ADBENCH + "28_pendigits.npz",
        "c4936b89dcdad59d303020e492f763a0f54170080d787c77497609acbb9c2d79",
    ),
    "pima.npz": Remote(
        ADBENCH + "29_Pima.npz",
        "215454bb263a2f040945c9ea7bd7f06f1e89a61a3143bdb6f196e3887e801a7d",
    ),
    "satellite.npz": Remote(
        ADBENCH + "30_satellite.npz",
        "1f048f5686f1b8c16a227fdfa3c81a62cd9a92715714a6b24c69b1c5ad96b46e",
    ),
    "satimage-2.npz": Remote(
        ADBENCH + "31_satimage-2.npz",
        "1b056e357f801b8b20c3f380a30224a3c4088d7ed764ec5a24828dc9b1918d6f",
    ),
    "shuttle.npz": Remote(
        ADBENCH + "32_shuttle.npz",
        "26900b0f6be45d9ddb7a402c9b2f956ceda42d23a8ca4cf4406b8bc1352823d1",
    ),
    "thyroid.npz": Remote(
        ADBENCH + "38_thyroid.npz",
        "8de161b3f235b7647bb0b39a836d983ff61d67bf234edac461da2d71e889cb87",
    ),
    "vowels.npz": Remote(
        ADBENCH + "40_vowels.npz",
        "4bfc4244d1c882773bbbc50d4a5db5e52276e53506e46b2d45e02d074cfcb1b6",
    ),
}


def run(given: argparse.Namespace) -> None:
    """Fetch the sets into --data-dir."""
    folder = Path(given.data_dir or os.environ.get(DATA_DIR_VARIABLE) or "data")
    fetch(FILES, folder)
    print(f"{len(FILES)} sets: use them with --data-dir {folder}")


def fetch(files: Mapping[str, Remote], folder: Path) -> None:
    """Fetch the files that the folder does not hold yet, and check the content of all.

    Raises
    ------
    SystemExit
        A file could not be fetched whole or is not what it should be: which, why, and what to do.
    """
    pooch = extra("pooch")
    store = pooch.create(
        path=folder,
        base_url="",
        registry={name: f"sha256:{remote.sha256}" for name, remote in files.items()},
        urls={name: remote.url for name, remote in files.items()},
    )
    pooch.get_logger().setLevel("WARNING")
    _make(folder)
    for name, remote in files.items():
        try:
            store.fetch(name, progressbar=True)
        except (OSError, ValueError) as error:
            raise SystemExit(
                f"{name} could not be fetched from {remote.url}: {_why(error)}. Run the command "
                f"again, it goes on with this file; or put the file into {folder} yourself"
            ) from error


def _make(folder: Path) -> None:
    """Make the folder, or say why files can't be put there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(f"--data-dir {folder} can't be made: {error}. Give another") from error


def _why(error: Exception) -> str:
    """Say in a few words what a download ended with."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answers {response.status_code} {response.reason}"
    if "hash" in str(error):
        return "its SHA-256 is not the one of the file that the results were made with"
    return f"{type(error).__name__}: {error}"


DOWNLOAD = Experiment(
    "download",
    "Fetch the 16 ODDS sets into --data-dir, by default ./data; what is there is not fetched.",
    options.add_data_dir,
    run,
)
