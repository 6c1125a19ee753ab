"""What layers add to the loss of a model: penalties of weights and activations, losses of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .nested import leaves
from .weights import WeightOwner, structure

if TYPE_CHECKING:
    from .._C import Tensor


class LossOwner(WeightOwner):
    """The losses of a layer and of the layers inside it."""

    activity_regularizer: Any
    _losses: list[Tensor]
    _collects_losses: bool
    _fast: bool

    def add_loss(self, loss: Any) -> None:
        """Add a scalar to the loss of the model, from inside `call`; forgotten at the next outermost call."""
        if not self._collects_losses:
            self._collects_losses = True
            self._fast = False
            structure[0] += 1
        self._losses.append(loss)

    def _loss_makers(self) -> list[Any]:
        """The layers inside that have ever added a loss of their own."""
        return self._until_changed(self._find_loss_makers)

    def _find_loss_makers(self) -> list[Any]:
        return [layer for layer in self.flatten_layers() if layer._collects_losses]

    def discard_losses(self) -> None:
        """Forget what add_loss collected."""
        self._losses.clear()

    @property
    def losses(self) -> list[Tensor]:
        """Penalties of trainable weights with a regularizer, and what add_loss collected in the last call."""
        found = [w.regularizer(w) for w in self._regularized()]
        return found + [loss for layer in self._loss_makers() for loss in layer._losses]

    def _regularized(self) -> list[Any]:
        """The trainable weights with a regularizer."""
        trainable = tuple([layer._trainable for layer in self.flatten_layers()])
        return self._until_changed(self._find_regularized, trainable)

    def _find_regularized(self) -> list[Any]:
        return [w for w in self.trainable_weights if w.regularizer is not None]

    def _regularize(self, outputs: Any) -> None:
        assert self.activity_regularizer is not None
        for y in leaves(outputs):
            self._losses.append(self.activity_regularizer(y) / float(y.shape[0] if y.shape else 1))
