"""Batches that are on their way to a device while a step runs are the batches of the host, in order."""

from __future__ import annotations

import numpy as np
import pytest

from afina import _C
from afina.training import batches
from afina.training.batches import Maker, Shape, make_batches

SHAPE = Shape([], [], [None], "float32")


class Elsewhere(str):
    """The host under a name that is not the host's: uploads to it are the tensors themselves."""

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


@pytest.mark.parametrize("start", [0, 1])
def test_batches_drawn_ahead_are_the_same(monkeypatch: pytest.MonkeyPatch, start: int) -> None:
    x, y = np.arange(22.0).reshape(11, 2), np.arange(11)
    events: list[str] = []

    class Upload:
        def __init__(self, tensor: _C.Tensor, device: str) -> None:
            self.upload = _C.Upload(tensor, device)
            self.first = int(tensor.numpy()[0, 0])
            events.append(f"begin {self.first}")

        def take(self) -> _C.Tensor:
            events.append(f"take {self.first}")
            return self.upload.take()

    monkeypatch.setattr(batches, "Upload", Upload)
    monkeypatch.setattr(batches, "current_device", lambda: Elsewhere("cpu"))
    data = make_batches(Maker(SHAPE, None), x, y, batch_size=4)
    found = []
    for batch in data.epoch(0, start):
        events.append("step")
        found.append((batch.inputs.numpy().tolist(), batch.labels[0].tolist(), batch.size))
    assert found == [
        (x[i : i + 4].tolist(), y[i : i + 4].tolist(), min(4, 11 - i)) for i in range(4 * start, 11, 4)
    ]
    begun = ["begin 0", "begin 8", "take 0", "step", "begin 16", "take 8", "step", "take 16", "step"]
    assert events == (begun if start == 0 else ["begin 8", "begin 16", "take 8", "step", "take 16", "step"])


def test_one_whole_batch_is_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "current_device", lambda: Elsewhere("cpu"))
    x, y = np.arange(6.0).reshape(3, 2), np.arange(3)
    for weights in (None, np.ones(3)):
        batch = Maker(SHAPE, None).whole(x, y, weights)
        assert isinstance(batch.inputs, _C.Tensor)
        assert batch.inputs.numpy().tolist() == x.tolist()
