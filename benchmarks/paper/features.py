"""Features of CIFAR10's pictures: what a network returns for each, one file a class."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset
from tqdm import tqdm

from ..harness.experiment import Experiment
from ..harness.extras import extra
from ..harness.records import write
from .cifar import CLASSES

BATCH_SIZE = 64


def run(options: argparse.Namespace) -> None:
    """Fetch the network and the pictures, and write a file a class."""
    datasets = extra("torchvision", "cifar").datasets
    try:
        model, transform = vgg19()
        pictures = datasets.CIFAR10(options.out / "pictures", download=True, transform=transform)
    except (OSError, RuntimeError) as error:
        raise SystemExit(f"the weights or the pictures can't be fetched: {error}") from error
    write_classes(model, pictures, pictures.targets, options.out)
    print(f"{options.out}: CIFAR10_k.npz, k from 0 to {len(CLASSES) - 1}")


def vgg19() -> tuple[nn.Module, nn.Module]:
    """Return VGG19, trained on ImageNet, up to the 4096 values before its last layer.

    The second value is what turns a picture into its input.
    """
    models = extra("torchvision", "cifar").models
    weights = models.VGG19_Weights.IMAGENET1K_V1
    model = models.vgg19(weights=weights)
    model.classifier = model.classifier[:-1]
    return model, weights.transforms()


def write_classes(
    model: nn.Module,
    pictures: Dataset,
    labels: Sequence[int],
    out: Path,
    batch_size: int = BATCH_SIZE,
) -> None:
    """Write CIFAR10_k.npz for each label k that has no such file yet.

    A file holds X of shape (n, features), a row a picture of the class, and y, all 0.
    """
    out.mkdir(parents=True, exist_ok=True)
    for label in np.unique(labels):
        path = out / f"CIFAR10_{label}.npz"
        if path.exists():
            continue
        own = Subset(pictures, np.flatnonzero(np.equal(labels, label)).tolist())
        X = extract(model, own, batch_size, f"class {label}")
        write(path, lambda draft, X=X: np.savez(draft, X=X, y=np.zeros(len(X), dtype=int)))


@torch.inference_mode()
def extract(model: nn.Module, pictures: Dataset, batch_size: int, title: str) -> NDArray:
    """Return what a network in evaluation mode returns for each picture, in their order."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = model.to(device).eval()
    loader = DataLoader(pictures, batch_size)
    found: list[Tensor] = [
        model(batch.to(device)).flatten(1).cpu() for batch, _ in tqdm(loader, desc=title)
    ]
    return torch.cat(found).numpy()


CIFAR10_FEATURES = Experiment(
    "cifar10-features",
    "Take VGG19's features of CIFAR10's training pictures; downloads both (the extra cifar).",
    lambda parser: None,
    run,
)
