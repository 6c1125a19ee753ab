"""A trained network with a new head: what of it is trained, and in which order (K1 to K4)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from .. import layers, optimizers
from ..callbacks import History
from ..errors import ArgumentError
from ..features.cutting import feature_tensor
from ..models import Model
from ..optimizers import Optimizer
from ..refusal import shown
from .freezing import freeze, inner_layers, unfreeze
from .stages import Stage

MODES = ("total", "partial", "minimum")
_CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D, layers.Conv1D)


class Transfer:
    """The features of `model` with a new head for `classes` classes; `.model` is a plain model.

    `mode`, the deck's three (D0): "total" trains every layer from the checkpoint; "partial" the layers from
    `start` on, by default the last convolution; "minimum" the head alone. `head`: layers to put in place of
    the default, dropout and a `Dense` with softmax (sigmoid for one class); the last one must give the
    classes. `features`: the layer to cut at, by default the one in front of the classifier (see
    `afina.features.feature_tensor`); an image is averaged over its pixels first. The given model is copied,
    not changed. Raises `ArgumentError` for other modes, layers that do not exist, and heads that do not fit.

    >>> from afina.applications import MobileNetV2
    >>> trained = MobileNetV2(weights=None, alpha=0.35, input_shape=(64, 64, 3))
    >>> transfer = Transfer(trained, classes=2, mode="minimum")
    >>> transfer.model.output_shape, len(transfer.model.trainable_weights)
    ((None, 2), 2)
    """

    def __init__(
        self,
        model: Any,
        classes: int,
        mode: str = "minimum",
        *,
        head: Sequence[Any] | None = None,
        features: str | None = None,
        start: str | None = None,
        dropout: float = 0.2,
    ) -> None:
        if not isinstance(model, Model):
            raise ArgumentError(f"Transfer: model must be a model, got {shown(model)}")
        if isinstance(classes, bool) or not isinstance(classes, int) or classes < 1:
            raise ArgumentError(f"Transfer: classes must be a positive int, got {shown(classes)}")
        # what compile was given stays behind
        body = copy.deepcopy(model, {id(model._compiled): None, id(getattr(model, "_step", None)): None})
        x = cut = feature_tensor(body, features)
        self.head = _head(classes, head, dropout)
        if len(x.shape) == 4:
            self.head.insert(0, layers.GlobalAveragePooling2D(name="transfer_pool"))
        for layer in self.head:
            x = layer(x)
        if tuple(x.shape[1:]) != (classes,):
            raise ArgumentError(f"Transfer: head must give {classes} classes, it gives {tuple(x.shape[1:])}")
        self.model = Model(body.input, x, name=f"{model.name}_transfer")
        self.features: Any = Model(body.input, cut)
        self.classes = classes
        self.set_mode(mode, start=start)

    # --- what is trained ---

    @property
    def body(self) -> list[Any]:
        """The layers of the trained network, in order, without the Input and the new head."""
        new = {id(layer) for layer in self.head}
        return [layer for layer in inner_layers(self.model) if id(layer) not in new]

    def set_mode(self, mode: str, *, start: str | None = None) -> None:
        """Freeze and unfreeze as "total", "partial" (from `start` on) or "minimum" says."""
        if mode not in MODES:
            raise ArgumentError(f"Transfer: mode must be one of {list(MODES)}, got {shown(mode)}")
        if mode == "partial":
            self.train(start or self._last_convolution())
        else:
            self.train("all" if mode == "total" else "head")
        self.mode = mode

    def train(self, part: str) -> None:
        """Train "all", the "head" alone, or the layers from the one named `part` on; freeze the others."""
        freeze(self.model)
        if part == "all":
            unfreeze(self.model)
        elif part == "head":
            unfreeze(self.model, len(self.head))
        else:
            unfreeze(self.model, start=part)

    def freeze(self, n: int | None = None, *, until: str | None = None) -> int:
        """Freeze the first layers, see `afina.transfer.freeze`."""
        return freeze(self.model, n, until=until)

    def unfreeze(self, n: int | None = None, *, start: str | None = None) -> int:
        """Train the last layers, see `afina.transfer.unfreeze`."""
        return unfreeze(self.model, n, start=start)

    def groups(self, count: int) -> list[str]:
        """First layers of `count` groups of the body with about as many layers with weights, latest first."""
        names = [layer.name for layer in self.body if layer.weights]
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= len(names):
            raise ArgumentError(f"groups: count must lie in 1..{len(names)}, got {shown(count)}")
        return [names[len(names) * i // count] for i in reversed(range(count))]

    def _last_convolution(self) -> str:
        found = [layer.name for layer in self.body if isinstance(layer, _CONVOLUTIONS)]
        found = found or [layer.name for layer in self.body if layer.weights]
        if not found:
            raise ArgumentError("Transfer: mode 'partial' needs a layer with weights before the head")
        return str(found[-1])

    # --- training ---

    def fit(
        self,
        x: Any,
        y: Any,
        stages: Sequence[Stage] = (Stage(10),),
        *,
        optimizer: str | Optimizer = "adam",
        loss: Any = None,
        metrics: Any = ("accuracy",),
        **fit_arguments: Any,
    ) -> History:
        """Train stage by stage; returns one history of all epochs.

        `optimizer`: a name or an object, of which each stage makes its own at its learning rate. `loss`: by
        default categorical cross-entropy for labels (n, classes), the sparse one for class numbers, the
        binary one for one class. Further arguments are those of `Model.fit`. The epochs are counted through.
        """
        total = History()
        done = 0
        for stage in stages:
            if stage.train is not None:
                self.train(stage.train)
            self.model.compile(_fresh(optimizer, stage), loss or self._loss(y), metrics=list(metrics))
            end = done + stage.epochs
            found = self.model.fit(x, y, initial_epoch=done, epochs=end, **fit_arguments)
            total.epoch.extend(found.epoch)
            for name, values in found.history.items():
                total.history.setdefault(name, []).extend(values)
            done = end
        return total

    def _loss(self, y: Any) -> str:
        if self.classes == 1:
            return "binary_crossentropy"
        one_hot = getattr(y, "ndim", 1) == 2 and y.shape[1] == self.classes
        return "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy"


def _head(classes: int, head: Sequence[Any] | None, dropout: float) -> list[Any]:
    if head is not None:
        if not head or not all(isinstance(layer, layers.Layer) for layer in head):
            raise ArgumentError(f"Transfer: head must be a list of layers, got {shown(head)}")
        return list(head)
    activation = "softmax" if classes > 1 else "sigmoid"
    dense = layers.Dense(classes, activation=activation, name="transfer_head")
    return [layers.Dropout(dropout, name="transfer_dropout"), dense] if dropout else [dense]


def _fresh(optimizer: str | Optimizer, stage: Stage) -> Optimizer:
    """An optimizer like the given one at the stage's rate, with nothing remembered."""
    given = optimizers.get(optimizer)
    fresh = type(given).from_config({**given.get_config(), "learning_rate": stage.learning_rate})
    if stage.layer_rates is not None:
        fresh.layer_rates = stage.layer_rates
    return fresh
