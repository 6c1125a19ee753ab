"""Features and fine-tuning of MobileNetV2 in PyTorch's own style. Options: cl, fused."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ..case import Case, Timing
from ..training import CHECKED_STEPS, kernels
from ..transfer import EPSILON, FEATURES_BATCH, RATE, TRAINING_BATCH, weights
from .base import Runner
from .torch_networks import Builder


def transfer(case: Case, timing: Timing, options: list[str]) -> Runner:
    """Batches without the classifier and without recording, or an epoch of the usual loop with a new one."""
    arrays = case.arrays()
    layout = torch.channels_last if "cl" in options else torch.contiguous_format
    x = torch.from_numpy(arrays[0]).permute(0, 3, 1, 2).contiguous(memory_format=layout)
    labels = torch.from_numpy(arrays[1]).long()
    model = _network(case.settings["classes"]).to(memory_format=layout)
    if timing.direction == "features":
        features = model[:-2].eval()

        def extract(images: Any) -> list[Any]:
            with torch.inference_mode():
                return [features(part) for part in images.split(FEATURES_BATCH)]

        return Runner(lambda: extract(x), lambda: [extract(x[:FEATURES_BATCH])[0].numpy()], repeats=len(x))
    fused: dict[str, Any] = {"fused": True} if "fused" in options else {}
    optimizer = torch.optim.Adam(model.parameters(), RATE, eps=EPSILON, **fused)

    def step(start: int) -> Any:
        part = slice(start, start + TRAINING_BATCH)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[part]), labels[part])
        loss.backward()
        optimizer.step()
        return loss

    def epoch() -> None:
        for start in range(0, len(x), TRAINING_BATCH):
            step(start)

    return Runner(epoch, lambda: [np.array([step(0).item() for _ in range(CHECKED_STEPS)])], repeats=len(x))


def _network(classes: int) -> Any:
    """torchvision's network with the published weights and a new classifier; no dropout."""
    build = Builder(exact=False, epsilon=1e-5)
    model = build.mobilenet(classes)
    model[-2] = torch.nn.Identity()
    published = torch.load(weights(), weights_only=True)
    with torch.no_grad():
        for (name, here), value in zip(model.state_dict().items(), published.values(), strict=True):
            if here.shape == value.shape:
                here.copy_(value)
            else:
                assert name.split(".")[0] == str(len(model) - 1), name  # the classifier
        model[-1].weight.copy_(torch.from_numpy(kernels([(1280, classes)])[0].T.copy()))
        model[-1].bias.zero_()
    return model
