"""Event files are read by TensorBoard's own reader, with neither TensorFlow nor torch."""

import subprocess
import sys

import numpy as np
import pytest

from afina.callbacks import TensorBoard
from afina.callbacks.event_file import EventFile, crc32c, histogram_value, masked_crc, scalar_value, varint

READ = """
import sys, warnings
warnings.simplefilter("ignore")
sys.modules["tensorflow"] = None
sys.modules["torch"] = None
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
reader = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "histograms": 0})
reader.Reload()
for tag in reader.Tags()["scalars"]:
    for event in reader.Scalars(tag):
        print("scalar", tag, event.step, repr(event.value))
for tag in reader.Tags()["histograms"]:
    for event in reader.Histograms(tag):
        h = event.histogram_value
        print("histogram", tag, event.step, h.min, h.max, h.num, h.sum, h.sum_squares, sum(h.bucket))
"""


def read(folder):
    found = subprocess.run(
        [sys.executable, "-c", READ, str(folder)], capture_output=True, text=True, check=False, timeout=120
    )
    assert found.returncode == 0, found.stderr
    return [line.split() for line in found.stdout.splitlines()]


def test_tensorboards_own_reader_reads_scalars_and_histograms(tmp_path):
    file = EventFile(tmp_path)
    values = np.random.default_rng(0).normal(size=1000).astype("float32")
    for step in range(300):
        file.write(step, [scalar_value("epoch_loss", 1.0 / (step + 1))])
    file.write(7, [histogram_value("dense/kernel", values), scalar_value("big", 1e300)])
    file.close()
    lines = read(tmp_path)
    losses = {int(line[2]): float(line[3]) for line in lines if line[1] == "epoch_loss"}
    assert losses == pytest.approx({step: 1.0 / (step + 1) for step in range(300)}, rel=1e-6)
    (histogram,) = [line for line in lines if line[0] == "histogram"]
    numbers = [float(word) for word in histogram[3:]]
    wide = values.astype("float64")
    assert numbers[:6] == pytest.approx([wide.min(), wide.max(), 1000, wide.sum(), (wide**2).sum(), 1000])
    assert ["scalar", "big", "7", "inf"] in lines


def test_the_callback_writes_training_and_validation_apart(tmp_path):
    class Optimizer:
        current_learning_rate = 0.5

    class Net:
        optimizer = Optimizer()
        weights = ()

    callback = TensorBoard(tmp_path, update_freq=2)
    callback.set_model(Net())
    callback.on_train_begin()
    for epoch in range(2):
        for batch in range(3):
            callback.on_train_batch_end(batch, {"loss": 10.0 * epoch + batch})
        callback.on_epoch_end(epoch, {"loss": 1.0 + epoch, "val_loss": 3.0 + epoch})
    callback.close()
    train = {(line[1], int(line[2])): float(line[3]) for line in read(tmp_path / "train")}
    assert train == {
        ("epoch_loss", 0): 1.0,
        ("epoch_loss", 1): 2.0,
        ("epoch_learning_rate", 0): 0.5,
        ("epoch_learning_rate", 1): 0.5,
        ("batch_loss", 2): 1.0,
        ("batch_loss", 4): 10.0,
        ("batch_loss", 6): 12.0,
    }
    validation = {(line[1], int(line[2])): float(line[3]) for line in read(tmp_path / "validation")}
    assert validation == {("epoch_loss", 0): 3.0, ("epoch_loss", 1): 4.0}


def test_the_checksum_is_crc_32c_with_the_mask_of_tfrecord():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"\x00" * 32) == 0x8A9136AA
    assert masked_crc(b"") == 0xA282EAD8


@pytest.mark.parametrize(
    ("value", "encoded"), [(0, b"\x00"), (1, b"\x01"), (300, b"\xac\x02"), (2**32, b"\x80\x80\x80\x80\x10")]
)
def test_varints_are_base_128_little_endian(value, encoded):
    assert varint(value) == encoded
