"""A batch that does not fit into memory is refused before training, with the bytes it would take (O11)."""

import subprocess
import sys

import numpy as np
import pytest

import afina
from afina import layers
from afina.diagnose import batch_memory
from afina.errors import ArgumentError
from afina.training import memory
from afina.utils.memory import available_memory


def convolutions():
    return [
        layers.Conv2D(16, 3, padding="same", input_shape=(32, 32, 3)),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.3),
        layers.Dense(3, activation="softmax"),
    ]


NETWORKS = {
    "convolutions": (convolutions, (32, 32, 3)),
    "dense": (
        lambda: [
            layers.Dense(512, "relu", input_shape=(64,)),
            layers.Dense(512, "tanh"),
            layers.Dense(3, "softmax"),
        ],
        (64,),
    ),
    "recurrent": (lambda: [layers.LSTM(64, input_shape=(30, 16)), layers.Dense(3, "softmax")], (30, 16)),
}


def make(name):
    parts, shape = NETWORKS[name]
    afina.utils.set_random_seed(0)
    model = afina.Sequential(parts())
    model.compile(afina.optimizers.SGD(0.01), "sparse_categorical_crossentropy")
    return model, shape


def batch(shape, count):
    rng = np.random.default_rng(0)
    return rng.normal(size=(count, *shape)).astype("float32"), np.arange(count) % 3


@pytest.mark.parametrize("name", NETWORKS)
def test_the_estimate_is_near_the_peak_of_a_real_step(name):
    model, shape = make(name)
    x, y = batch(shape, 512)
    estimate = batch_memory(model, x[:8], len(x))
    model.train_on_batch(x[:8], y[:8])
    afina.reset_peak_memory()
    before = afina.memory_stats()["in_use"]
    model.train_on_batch(x, y)
    assert 0.6 < (afina.memory_stats()["peak"] - before) / estimate < 1.5


def test_the_trial_changes_nothing_of_the_training(monkeypatch):
    def trained():
        model, shape = make("convolutions")
        model.fit(*batch(shape, 64), batch_size=16, epochs=2, verbose=0)
        return [weight.numpy().copy() for weight in model.weights]

    plain, tried = trained(), []
    monkeypatch.setattr(memory, "SMALL", 10**12)  # every batch is suspicious
    measured = memory._measured
    monkeypatch.setattr(memory, "_measured", lambda *given: tried.append(1) or measured(*given))
    for a, b in zip(plain, trained(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert tried


def test_a_model_that_takes_whole_batches_only_is_left_to_the_allocator(monkeypatch):
    monkeypatch.setattr(memory, "SMALL", 10**12)
    model = afina.Sequential([layers.Dense(3, "softmax", batch_input_shape=(16, 4))])
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert np.isfinite(model.fit(*batch((4,), 32), batch_size=16, verbose=0).history["loss"]).all()


IN_LITTLE_MEMORY = """
import resource, sys
import numpy as np
import afina
from afina import layers
afina.set_thread_count(1)
model = afina.Sequential([layers.Conv2D(64, 3, padding="same", input_shape=(32, 32, 3)), layers.ReLU(),
                          layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")])
model.compile("sgd", "sparse_categorical_crossentropy")
x, y = np.zeros((2048, 32, 32, 3), "float32"), np.zeros(2048, int)
model.fit(x[:8], y[:8], verbose=0)
before = [weight.numpy().copy() for weight in model.weights]
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (600 << 20),) * 2)
try:
    model.fit(x, y, batch_size=2048, verbose=0)
except MemoryError as error:
    assert isinstance(error, afina.errors.OutOfMemoryError)
    print(error)
assert all((a == w.numpy()).all() for a, w in zip(before, model.weights))
model.fit(x, y, batch_size=256, verbose=0)
"""


def test_a_batch_that_does_not_fit_is_refused_before_training_and_a_smaller_one_trains():
    done = subprocess.run(
        [sys.executable, "-c", IN_LITTLE_MEMORY], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "fit: Sequential 'sequential': a batch of 2048 samples takes about" in done.stdout
    assert "GiB" in done.stdout
    assert "a batch_size up to about" in done.stdout


def test_what_is_available_is_what_the_groups_and_limits_leave(monkeypatch, tmp_path):
    from afina.utils import memory as system

    files = {
        "proc/meminfo": "MemTotal: 99 kB\nMemAvailable:   5000 kB\n",
        "proc/self/limits": "Max address space         unlimited            unlimited            bytes\n",
        "proc/self/status": "VmSize:\t    1000 kB\n",
        "proc/self/cgroup": "4:memory:/jobs/one\n0::/\n",
        "groups/memory/jobs/one/memory.limit_in_bytes": "9223372036854771712\n",
        "groups/memory/jobs/one/memory.usage_in_bytes": "1000\n",
        "groups/memory/jobs/memory.limit_in_bytes": "3000000\n",
        "groups/memory/jobs/memory.usage_in_bytes": "2000000\n",
        "groups/memory/jobs/memory.stat": "cache 7\ninactive_file 500000\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(system, "PROC", tmp_path / "proc")
    monkeypatch.setattr(system, "GROUPS", tmp_path / "groups")
    cached = afina.memory_stats("cpu")["cached"]
    assert available_memory() == 3_000_000 - 2_000_000 + 500_000 + cached
    (tmp_path / "proc/self/limits").write_text("Max address space   1500000   1500000   bytes\n")
    assert available_memory() == 1_500_000 - 1000 * 1024 + cached
    (tmp_path / "groups/memory/jobs/memory.limit_in_bytes").write_text("1999999\n")
    (tmp_path / "groups/memory/jobs/memory.stat").write_text("cache 7\n")
    assert available_memory() == cached  # more is in use than allowed: nothing is free


def test_only_a_model_has_an_estimate():
    with pytest.raises(ArgumentError, match="batch_memory: model must be a model or a layer, got str 'm'"):
        batch_memory("m", np.ones((8, 3)))


@pytest.mark.parametrize(("rows", "size"), [(8, 0), (8, 2.5), (8, True), (7, 32)])
def test_what_cannot_be_estimated_is_refused(rows, size):
    model, shape = make("dense")
    with pytest.raises(ArgumentError, match="batch_memory"):
        batch_memory(model, batch(shape, rows)[0], size)
