"""Devices: where tensors are made, how they move, and what must not be mixed."""

import os
import subprocess
import sys

import numpy as np
import pytest

import afina
from afina import _C, layers, models, ops
from afina.errors import ArgumentError, DeviceError, NotBuiltError, OutOfMemoryError
from devices import HAS_CUDA

simulated = pytest.mark.skipif(
    "simulated" not in _C.cuda_device(), reason="no simulated device, whose memory and driver can be chosen"
)
needs_cuda = pytest.mark.skipif(not HAS_CUDA, reason="no CUDA device here")


def test_a_device_of_another_name_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r'device must be "cpu", "cuda" .* got "gpu"'):
        afina.zeros((2,)).to("gpu")
    with pytest.raises(ArgumentError, match="got"), afina.device("gpu"):
        pass


@pytest.mark.skipif(HAS_CUDA, reason="a CUDA device is here")
def test_a_machine_without_a_device_is_told_why() -> None:
    with pytest.raises(DeviceError, match=r"no CUDA device: (this build has no CUDA kernels|.*driver)"):
        afina.tensor([1.0], device="cuda")


def _run_with(device: str) -> "subprocess.CompletedProcess[str]":
    environment = {"AFINA_DEVICE": device, "PYTHONPATH": ":".join(sys.path)}
    script = "import afina; print(afina.current_device())"
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )


def test_the_environment_names_the_first_device() -> None:
    assert _run_with("cpu").stdout == "cpu\n"
    assert "ArgumentError: AFINA_DEVICE: device must be" in _run_with("tpu").stderr


def _ran(script: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": ":".join(sys.path)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@simulated
def test_without_a_driver_the_import_works_and_info_says_why_there_is_no_device() -> None:
    script = """
import afina
from afina import cli
cli.main(["info"])
print(afina.ones((2,)).tolist())
try:
    afina.ones((2,), device="cuda")
except afina.errors.DeviceError as error:
    print(error)
"""
    said = _ran(script, AFINA_CUDASIM_DRIVER="none").splitlines()
    reason = "CUDA driver version is insufficient for CUDA runtime version"
    assert f"none: {reason}" in next(line for line in said if line.startswith("CUDA device"))
    assert said[-2:] == ["[1.0, 1.0]", f"full: no CUDA device: {reason}"]


IN_LITTLE_MEMORY = """
import gc, re
import numpy as np
import afina
from afina import layers
def model():
    net = afina.Sequential([layers.Dense(256, "relu", input_shape=(16,)), layers.Dense(64, "relu"),
                            layers.Dense(3, "softmax")])
    net.compile("adam", "sparse_categorical_crossentropy")
    return net
x, y = np.ones((4096, 16), "float32"), np.zeros(4096, int)
for trial in range(3):
    net = model()
    net.train_on_batch(x[:4], y[:4])
    gc.collect()
    calm, size, failures = afina.memory_stats("cuda")["in_use"], 4096, []
    while True:
        try:
            losses = [net.train_on_batch(x[:size], y[:size]) for _ in range(4)]
            break
        except afina.errors.OutOfMemoryError as error:
            failures.append(str(error))
        gc.collect()
        net._step.computation.rest()
        assert afina.memory_stats("cuda")["in_use"] <= calm * 1.05
        size //= 2
    assert np.isfinite(losses).all()
    found = re.search(r"cannot get (\\d+) bytes on cuda:0: (\\d+) bytes are in use by tensors, "
                      r"(\\d+) of (\\d+) are free", failures[0])
    requested, used, free, total = map(int, found.groups())
    assert requested > free and used + free <= total == 4 << 20, failures
    assert net.how_steps_run().startswith("captured: "), net.how_steps_run()
    del net
    gc.collect()
    print(len(failures), size)
"""


@simulated
def test_a_batch_too_large_for_the_device_is_an_error_and_the_next_smaller_one_trains() -> None:
    said = _ran(IN_LITTLE_MEMORY, AFINA_CUDASIM_MEMORY=str(4 << 20), AFINA_DEVICE="cuda")
    trials = [tuple(map(int, line.split())) for line in said.splitlines()]
    assert len(trials) == 3
    for failures, size in trials:
        assert failures >= 1
        assert size == 4096 >> failures


@needs_cuda
def test_tensors_are_made_where_the_context_says() -> None:
    with afina.device("cuda"):
        made = [
            afina.tensor([1.0]),
            afina.zeros((2,)),
            afina.ones((2,)),
            afina.full((2,), 3.0),
            afina.arange(3),
        ]
        made += [ops.random_permutation(3)]
        assert [x.device for x in made] == ["cuda:0"] * len(made)
        with afina.device("cpu"):
            assert afina.zeros((2,)).device == "cpu"
        assert afina.current_device() == "cuda:0"
    assert afina.zeros((2,)).device == "cpu"


@needs_cuda
def test_values_and_gradients_travel() -> None:
    x = afina.tensor(np.arange(6.0, dtype="float32").reshape(2, 3), requires_grad=True)
    y = ops.square(x.to("cuda"))
    assert y.device == "cuda:0"
    np.testing.assert_array_equal(y.numpy(), np.arange(6.0).reshape(2, 3) ** 2)
    (gradient,) = afina.gradients(y, [x], afina.ones((2, 3), device="cuda"))
    assert gradient is not None
    assert gradient.device == "cpu"
    np.testing.assert_array_equal(gradient.numpy(), 2 * x.numpy())
    assert y.to("cpu").to("cuda").device == "cuda:0"


@needs_cuda
def test_tensors_of_two_devices_are_refused_by_name() -> None:
    here, there = afina.ones((2, 2)), afina.ones((2, 2), device="cuda")
    for name, run in {
        "add": lambda: here + there,
        "matmul": lambda: there @ here,
        "where": lambda: ops.where(here, there, here),
        "concatenate": lambda: ops.concatenate([here, there]),
        "linear": lambda: ops.linear(there, there, afina.ones((2,))),
        "sgd_update": lambda: ops.sgd_update([here], [there], [], lr=0.1),
    }.items():
        with pytest.raises(DeviceError, match=f"^{name}: .*(cpu and cuda:0|cuda:0 and cpu)"):
            run()
    leaf = afina.tensor([1.0], requires_grad=True, device="cuda")
    with pytest.raises(DeviceError, match="the seed is on cpu, the tensor on cuda:0"):
        afina.gradients(leaf * 2.0, [leaf], afina.ones((1,)))


@needs_cuda
def test_a_number_or_an_array_of_a_tensor_on_a_device_is_a_copy() -> None:
    x = afina.tensor([2.0], device="cuda")
    assert x.item() == 2.0
    assert float(x) == 2.0
    x.numpy()[0] = 5.0
    assert x.item() == 2.0
    x.copy_(afina.tensor([7.0]))
    assert x.tolist() == [7.0]
    x.fill_(-1.0)
    assert np.asarray(x).tolist() == [-1.0]
    assert "device=cuda:0" in repr(x)
    with pytest.raises(DeviceError, match="only CPU memory"):
        np.from_dlpack(x)


@needs_cuda
def test_memory_is_counted_where_it_is() -> None:
    before = afina.memory_stats("cuda")["in_use"]
    x = afina.zeros((1000,), device="cuda")
    assert afina.memory_stats("cuda")["in_use"] == before + 4000
    del x
    assert afina.memory_stats("cuda")["in_use"] == before


@needs_cuda
def test_running_out_of_memory_is_an_error_with_numbers_and_the_next_tensor_fits() -> None:
    with pytest.raises(
        OutOfMemoryError,
        match=r"cannot get \d+ bytes on cuda:0: \d+ bytes are in use by tensors, \d+ of \d+ are",
    ):
        afina.empty((1 << 44,), device="cuda")
    assert afina.ones((4,), device="cuda").tolist() == [1.0] * 4


@needs_cuda
def test_a_model_moves_with_its_weights_and_has_nothing_to_move_before_it_is_built() -> None:
    model = models.Sequential([layers.Dense(3)])
    with pytest.raises(NotBuiltError, match="no weights to move"):
        model.to("cuda")
    model(np.zeros((1, 2), "float32"))
    kernel = model.weights[0]
    assert model.to("cuda") is model
    assert model.device == kernel.device == "cuda:0"
    assert kernel.requires_grad
    assert model.to("cpu").device == "cpu"


@needs_cuda
def test_an_upload_is_a_copy_whatever_happens_to_the_source_and_the_memory_meanwhile() -> None:
    rng = np.random.default_rng(0)
    for size in (3, 20_000, 3_000_000):  # a small piece, one and several large pieces of pinned memory
        for _ in range(3):
            source = rng.standard_normal(size).astype("float32")
            wanted = source.copy()
            upload = _C.Upload(afina.from_numpy(source), "cuda")
            source[:] = 0.0
            afina.ones((size,)).to("cuda") + 1.0  # work, and memory that comes and goes
            dropped = _C.Upload(afina.from_numpy(source), "cuda")
            del dropped
            arrived = upload.take()
            assert arrived.device == "cuda:0"
            np.testing.assert_array_equal((arrived * 2.0).numpy(), wanted * 2.0)
            np.testing.assert_array_equal(upload.take().numpy(), wanted)


@needs_cuda
def test_more_uploads_than_there_is_pinned_memory_arrive() -> None:
    uploads = [_C.Upload(afina.full((5,), float(i)), "cuda") for i in range(200)]
    assert [upload.take().numpy()[4] for upload in uploads] == list(range(200))


def test_an_upload_to_the_host_is_the_tensor_itself() -> None:
    x = afina.arange(3)
    assert _C.Upload(x, "cpu").take().tolist() == [0, 1, 2]
    with pytest.raises(ArgumentError, match="Upload: device must be"):
        _C.Upload(x, "gpu")


@needs_cuda
def test_batches_that_arrive_ahead_train_as_on_the_host() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((50, 6)).astype("float32"), rng.integers(0, 3, 50)
    losses = []
    for where in ("cpu", "cuda"):
        afina.utils.set_random_seed(0)
        with afina.device(where):
            model = models.Sequential([layers.Dense(3, "softmax", input_shape=(6,))])
            model.compile("sgd", "sparse_categorical_crossentropy")
            losses.append(model.fit(x, y, batch_size=8, epochs=2, verbose=0).history["loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
