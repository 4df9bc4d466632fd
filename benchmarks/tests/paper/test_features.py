"""Features of pictures, by a small network."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from benchmarks.paper import cifar, features


class Pictures(torch.utils.data.Dataset):
    """Random pictures of three classes in turns."""

    targets = tuple(k % 3 for k in range(20))

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        picture = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(i))
        return picture, self.targets[i]


class TestFeatures:
    @staticmethod
    def network():
        torch.manual_seed(0)
        return torch.nn.Sequential(
            torch.nn.Conv2d(3, 4, 3), torch.nn.Dropout(), torch.nn.AvgPool2d(6)
        )

    def test_files_hold_the_features_of_their_class(self, tmp_path):
        network = self.network()
        features.write_classes(network, Pictures(), Pictures.targets, tmp_path, batch_size=3)
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            f"CIFAR10_{k}.npz" for k in range(3)
        ]
        content = np.load(tmp_path / "CIFAR10_1.npz")
        assert content["X"].shape == (7, 4)
        assert not content["y"].any()
        with torch.no_grad():
            expected = network.eval()(Pictures()[4][0][None]).flatten().numpy()
        np.testing.assert_allclose(content["X"][1], expected, rtol=1e-5)
        assert list(cifar.load(tmp_path)) == ["airplane", "auto", "bird"]

    def test_what_is_there_is_not_computed_again(self, tmp_path):
        (tmp_path / "CIFAR10_0.npz").write_text("kept")
        features.write_classes(self.network(), Pictures(), Pictures.targets, tmp_path)
        assert (tmp_path / "CIFAR10_0.npz").read_text() == "kept"
        assert (tmp_path / "CIFAR10_2.npz").exists()

    def test_an_interrupted_class_leaves_no_file(self, tmp_path):
        class Interrupted(Pictures):
            def __getitem__(self, i):
                if i == 7:
                    raise KeyboardInterrupt
                return super().__getitem__(i)

        with pytest.raises(KeyboardInterrupt):
            features.write_classes(self.network(), Interrupted(), Pictures.targets, tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["CIFAR10_0.npz"]

    def test_the_command_takes_what_reaches_the_last_layer(self, command, monkeypatch, tmp_path):
        network = self.network()
        network.classifier = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 7))
        weights = SimpleNamespace(transforms=lambda: None)
        stub = SimpleNamespace(
            models=SimpleNamespace(
                VGG19_Weights=SimpleNamespace(IMAGENET1K_V1=weights), vgg19=lambda weights: network
            ),
            datasets=SimpleNamespace(CIFAR10=lambda folder, download, transform: Pictures()),
        )
        monkeypatch.setitem(sys.modules, "torchvision", stub)
        command("cifar10-features", "--out", tmp_path)
        assert np.load(tmp_path / "CIFAR10_0.npz")["X"].shape[1] == 4

    def test_a_failed_download_is_said(self, command, monkeypatch, tmp_path):
        def fail():
            raise OSError("no network")

        monkeypatch.setitem(sys.modules, "torchvision", SimpleNamespace(datasets=None))
        monkeypatch.setattr(features, "vgg19", fail)
        with pytest.raises(SystemExit, match="the pictures can't be fetched: no network"):
            command("cifar10-features", "--out", tmp_path)

    def test_without_torchvision_the_extra_is_named(self, command, monkeypatch):
        monkeypatch.setitem(sys.modules, "torchvision", None)
        with pytest.raises(SystemExit, match=r"pyod-robustnvp\[cifar\]"):
            command("cifar10-features")
