"""The networks of the training cases in PyTorch's own style."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .. import setting
from ..case import Case
from ..networks import INVERTED, WEIGHT_DECAY
from ..training import CHECKED_STEPS, kernels
from .base import Runner
from .torch_lstm import LastState
from .torch_transformer import Transformer

EPSILON = 1e-3  # Keras's


class Same(nn.Module):
    """Pads as Keras's "same" does, which torch has no stride for; only the checked twin needs it."""

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Any) -> Any:
        size = x.shape[-1]
        total = max((-(-size // self.stride) - 1) * self.stride + self.kernel - size, 0)
        return F.pad(x, (total // 2, total - total // 2) * 2)


class Builder:
    """Modules by name; `exact` builds the twin: Keras's padding, no dropout. `epsilon` is every norm's."""

    def __init__(self, exact: bool, epsilon: float = EPSILON) -> None:
        self.exact, self.epsilon = exact, epsilon

    def conv(self, before: int, after: int, kernel: int, stride: int, groups: int = 1) -> list[nn.Module]:
        if self.exact and stride != 1:
            conv = nn.Conv2d(before, after, kernel, stride, 0, groups=groups, bias=False)
            return [Same(kernel, stride), conv]
        return [nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False)]

    def conv_norm(
        self, before: int, after: int, kernel: int, stride: int = 1, groups: int = 1, activation: Any = None
    ) -> nn.Sequential:
        modules = [*self.conv(before, after, kernel, stride, groups), nn.BatchNorm2d(after, self.epsilon)]
        return nn.Sequential(*modules, *([activation(inplace=True)] if activation else []))

    def dropout(self, rate: float) -> nn.Module:
        return nn.Identity() if self.exact else nn.Dropout(rate)

    def resnet(self, stem: list[nn.Module], widths: list[int], blocks: int, classes: int) -> nn.Sequential:
        modules, channels = stem, widths[0]
        for i, width in enumerate(widths):
            for j in range(blocks):
                modules.append(Basic(self, channels, width, 2 if i and not j else 1))
                channels = width
        return nn.Sequential(*modules, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))

    def mobilenet(self, classes: int) -> nn.Sequential:
        modules: list[nn.Module] = [self.conv_norm(3, 32, 3, 2, activation=nn.ReLU6)]
        channels = 32
        for expansion, filters, repeats, first in INVERTED:
            for i in range(repeats):
                modules.append(Inverted(self, channels, filters, first if i == 0 else 1, expansion))
                channels = filters
        modules.append(self.conv_norm(channels, 1280, 1, activation=nn.ReLU6))
        head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), self.dropout(0.2), nn.Linear(1280, classes)]
        return nn.Sequential(*modules, *head)

    def network(self, case: Case) -> nn.Module:
        """The case's network."""
        name, classes = case.name, case.settings["classes"]
        if name == "cnn":
            convs = [nn.Conv2d(1, 32, 3), nn.ReLU(inplace=True), nn.Conv2d(32, 64, 3), nn.ReLU(inplace=True)]
            head = [nn.Linear(9216, 128), nn.ReLU(inplace=True), self.dropout(0.5), nn.Linear(128, 10)]
            flatten = [ChannelsLastFlatten() if self.exact else nn.Flatten()]
            return nn.Sequential(*convs, nn.MaxPool2d(2), self.dropout(0.25), *flatten, *head)
        if name == "resnet20":
            return self.resnet([self.conv_norm(3, 16, 3, activation=nn.ReLU)], [16, 32, 64], 3, classes)
        if name == "resnet18":
            pool = [Same(3, 2), nn.MaxPool2d(3, 2)] if self.exact else [nn.MaxPool2d(3, 2, 1)]
            stem: list[nn.Module] = [self.conv_norm(3, 64, 7, 2, activation=nn.ReLU), *pool]
            return self.resnet(stem, [64, 128, 256, 512], 2, classes)
        if name == "mobilenetv2":
            return self.mobilenet(classes)
        if name in ("lstm", "transformer"):
            *_, last = case.settings["shape"]  # characters, or positions
            return LastState(last, classes, self.exact) if name == "lstm" else Transformer(last, classes)
        inputs, hidden = case.settings["shape"][0], 32 if name == "tiny32" else 512
        return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, 10))


class ChannelsLastFlatten(nn.Module):
    """The order in which Keras flattens images."""

    def forward(self, x: Any) -> Any:
        return x.permute(0, 2, 3, 1).flatten(1)


class Basic(nn.Module):
    """ResNet's two-convolution block."""

    def __init__(self, build: Builder, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = build.conv_norm(before, after, 3, stride, activation=nn.ReLU)
        self.second = build.conv_norm(after, after, 3)
        whole = stride == 1 and before == after
        self.skip = nn.Identity() if whole else build.conv_norm(before, after, 1, stride)

    def forward(self, x: Any) -> Any:
        return F.relu(self.second(self.first(x)) + self.skip(x), inplace=True)


class Inverted(nn.Module):
    """MobileNetV2's block."""

    def __init__(self, build: Builder, before: int, after: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = before * expansion
        expand = [build.conv_norm(before, wide, 1, activation=nn.ReLU6)] if expansion != 1 else []
        depthwise = build.conv_norm(wide, wide, 3, stride, wide, nn.ReLU6)
        self.body = nn.Sequential(*expand, depthwise, build.conv_norm(wide, after, 1))
        self.residual = stride == 1 and before == after

    def forward(self, x: Any) -> Any:
        return x + self.body(x) if self.residual else self.body(x)


def _set_weights(model: nn.Module) -> None:
    """The kernels that every library starts from, and zero biases."""
    modules: list[Any] = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    orders = [
        (1, 0) if isinstance(m, nn.Linear) else (2, 3, 0, 1) if m.groups > 1 else (2, 3, 1, 0)
        for m in modules
    ]
    shapes = [tuple(m.weight.shape[i] for i in order) for m, order in zip(modules, orders, strict=True)]
    with torch.no_grad():
        for module, order, kernel in zip(modules, orders, kernels(shapes), strict=True):
            back = tuple(int(i) for i in np.argsort(order))
            module.weight.copy_(torch.from_numpy(kernel).permute(back))
            if module.bias is not None:
                module.bias.zero_()


def _step(case: Case, options: list[str], exact: bool) -> Any:
    torch.manual_seed(0)
    model = Builder(exact).network(case)
    if not isinstance(model, Transformer | LastState):  # which set their own
        _set_weights(model)
    model = model.to(setting.device())
    x, y = (torch.from_numpy(a).to(setting.device()) for a in case.arrays())
    labels = y.long()
    if x.ndim == 4:
        x = x.permute(0, 3, 1, 2).contiguous()
    if "cl" in options:
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    fused: dict[str, Any] = {"fused": True} if "fused" in options else {}
    optimizer: Any
    if case.settings["optimizer"] == "sgd":
        optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, **fused)
    elif case.settings["optimizer"] == "adamw":
        optimizer = torch.optim.AdamW(
            model.parameters(), 0.0001, eps=1e-7, weight_decay=WEIGHT_DECAY, **fused
        )
    else:
        optimizer = torch.optim.Adam(model.parameters(), 0.0001, eps=1e-7, **fused)
    run: Any = torch.compile(model) if "compile" in options else model

    def step() -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(run(x), labels)
        loss.backward()
        optimizer.step()
        return loss

    return step


def training(case: Case, options: list[str]) -> Runner:
    """A step of the usual loop. Options: fused, cl, compile."""

    def results() -> list[Any]:
        twin = _step(case, options, exact=True)
        return [np.array([twin().item() for _ in range(CHECKED_STEPS)])]

    return Runner(_step(case, options, exact=False), results)
