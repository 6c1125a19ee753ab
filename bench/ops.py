"""Cases for single ops, forward and with gradients, at the sizes that networks have."""

from __future__ import annotations

import numpy as np

from .case import Array, Case, Timing, normal, product

FLOAT = 4  # bytes


def _matmuls() -> list[Case]:
    sizes = [(256, 256, 256), (512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048)]
    cases = []
    for m, k, n in [*sizes, (128, 784, 512), (128, 512, 10), (4096, 64, 4096)]:
        cases.append(_matmul(f"matmul {m}x{k} @ {k}x{n}", (m, k), (k, n), m * k * n))
    cases.append(_matmul("matmul A^T B 1024", (1024, 1024), (1024, 1024), 1024**3, transpose_a=True))
    cases.append(_matmul("matmul A B^T 1024", (1024, 1024), (1024, 1024), 1024**3, transpose_b=True))
    # the gradients of 128x784 @ 784x512
    cases.append(
        _matmul("matmul 784x128 @ 128x512 (dW)", (128, 784), (128, 512), 128 * 784 * 512, transpose_a=True)
    )
    cases.append(
        _matmul("matmul 128x512 @ 512x784 (dX)", (128, 512), (784, 512), 128 * 784 * 512, transpose_b=True)
    )
    return cases


def _matmul(name: str, a: tuple[int, int], b: tuple[int, int], products: int, **transposed: bool) -> Case:
    rows, columns = a[transposed.get("transpose_a", False)], b[not transposed.get("transpose_b", False)]
    nbytes = FLOAT * (product(a) + product(b) + rows * columns)
    return Case(
        name,
        "matmul",
        normal(a, b),
        (Timing("forward", flops=2 * products, nbytes=nbytes),),
        transposed,
    )


def _linears() -> list[Case]:
    cases = []
    for m, k, n in [(128, 784, 512), (32, 64, 32)]:
        flops, nbytes = 2 * m * k * n, FLOAT * (m * k + k * n + n + m * n)
        timings = (
            Timing("forward", flops=flops, nbytes=nbytes),
            Timing("forward+backward", (0, 1, 2), flops=3 * flops, nbytes=3 * nbytes),
        )
        settings = {"activation": "relu"}
        cases.append(
            Case(f"linear relu {m}x{k} -> {n}", "linear", normal((m, k), (k, n), (n,)), timings, settings)
        )
    return cases


def _taps(size: int, kernel: int, stride: int, before: int, out: int) -> int:
    """How many kernel taps fall inside the image along one axis: padding needs no arithmetic."""
    return sum(0 <= o * stride - before + i < size for o in range(out) for i in range(kernel))


def _convolutions() -> list[Case]:
    # batch, size, channels, filters, kernel, stride, padding
    shapes = [
        (32, 32, 3, 64, 3, 1, 1),
        (32, 32, 64, 64, 3, 1, 1),
        (32, 16, 128, 128, 3, 1, 1),
        (32, 8, 256, 256, 3, 1, 1),
        (32, 56, 64, 256, 1, 1, 0),
        (16, 56, 64, 64, 3, 1, 1),
        (128, 32, 16, 16, 3, 1, 1),
        (128, 32, 16, 32, 3, 2, 1),
        (8, 224, 3, 64, 7, 2, 3),
    ]
    cases = []
    for batch, size, channels, filters, kernel, stride, pad in shapes:
        out = (size + 2 * pad - kernel) // stride + 1
        flops = 2 * batch * filters * channels * _taps(size, kernel, stride, pad, out) ** 2
        x, w = (batch, size, size, channels), (kernel, kernel, channels, filters)
        nbytes = FLOAT * (product(x) + product(w) + batch * out * out * filters)
        timings = [Timing("forward", flops=flops, nbytes=nbytes), Timing("dW", (1,), False, flops, nbytes)]
        if channels > 3:  # a first layer's input needs no gradient
            timings.insert(1, Timing("dX", (0,), False, flops, nbytes))
        settings = {"strides": (stride, stride), "padding": ((pad, pad), (pad, pad))}
        name = f"conv {kernel}x{kernel} s{stride} {batch}x{size}x{size}x{channels} -> {filters}"
        cases.append(Case(name, "conv2d", normal(x, w), tuple(timings), settings))
    x, w = (32, 56, 56, 96), (3, 3, 96, 1)
    flops, nbytes = 2 * 32 * 96 * _taps(56, 3, 1, 1, 56) ** 2, FLOAT * 2 * product(x)
    settings = {"strides": (1, 1), "padding": ((1, 1), (1, 1))}
    directions = [("forward", (), True), ("dX", (0,), False), ("dW", (1,), False)]
    timings = [Timing(name, wanted, forward, flops, nbytes) for name, wanted, forward in directions]
    cases.append(
        Case("depthwise 3x3 s1 32x56x56x96", "depthwise_conv2d", normal(x, w), tuple(timings), settings)
    )
    return cases


def _streaming(size: int, wanted: tuple[int, ...], inputs: int = 1) -> tuple[Timing, ...]:
    """Forward reads the inputs and writes the output; backward reads dy and the input and writes dx."""
    tensor = FLOAT * size
    forward, backward = (inputs + 1) * tensor, (1 + 2 * inputs) * tensor
    return (
        Timing("forward", nbytes=forward),
        Timing("forward+backward", wanted, nbytes=forward + backward),
    )


def _norms() -> list[Case]:
    images, rows = (32, 56, 56, 64), (4096, 768)
    epsilon = {"epsilon": 1e-5}
    cases = []
    for op in ("batch_norm", "instance_norm"):
        timings = _streaming(product(images), (0, 1, 2))
        cases.append(Case(f"{op} 32x56x56x64", op, normal(images, (64,), (64,)), timings, epsilon))
    timings = _streaming(product(rows), (0, 1, 2))
    cases.append(Case("layer_norm 4096x768", "layer_norm", normal(rows, (768,), (768,)), timings, epsilon))
    return cases


def _pools() -> list[Case]:
    x = (32, 56, 56, 64)
    work = FLOAT * product(x) * 5 / 4
    timings = (Timing("forward", nbytes=work), Timing("forward+backward", (0,), nbytes=2 * work))
    cases = [
        Case(f"{op} 2x2 32x56x56x64", op, normal(x), timings, {"pool_size": (2, 2)})
        for op in ("max_pool2d", "average_pool2d")
    ]
    read = FLOAT * product(x)
    timings = (Timing("forward", nbytes=read), Timing("forward+backward", (0,), nbytes=2 * read))
    cases.append(Case("global_average_pool 32x56x56x64", "global_average_pool", normal(x), timings))
    return cases


def _labels(rows: int, classes: int) -> Case:
    def inputs(rng: np.random.Generator) -> list[Array]:
        logits = rng.standard_normal((rows, classes), dtype="float32")
        return [rng.integers(0, classes, rows).astype("int64"), logits]

    work = FLOAT * rows * classes
    timings = (Timing("forward", nbytes=work), Timing("forward+backward", (1,), nbytes=2 * work))
    return Case(f"softmax cross-entropy {rows}x{classes}", "cross_entropy", inputs, timings)


def _embedding() -> Case:
    def inputs(rng: np.random.Generator) -> list[Array]:
        return [rng.integers(0, 10000, (64, 128)), rng.standard_normal((10000, 256), dtype="float32")]

    row = FLOAT * 256
    forward, backward = 2 * 8192 * row, (8192 + 10000) * row
    timings = (Timing("forward", nbytes=forward), Timing("forward+backward", (1,), nbytes=forward + backward))
    return Case("embedding 8192 of 10000x256", "embedding", inputs, timings)


def _moves() -> list[Case]:
    """Every element is read and written once, in another order."""
    orders = [
        ("transpose 4096x4096", (4096, 4096), (1, 0)),
        ("transpose 512x1024", (512, 1024), (1, 0)),
        ("channels first 32x56x56x64", (32, 56, 56, 64), (0, 3, 1, 2)),
        ("heads first 16x128x4x64", (16, 128, 4, 64), (0, 2, 1, 3)),
    ]
    cases = []
    for name, shape, axes in orders:
        timing = Timing("forward", nbytes=2 * FLOAT * product(shape))
        cases.append(Case(name, "transpose", normal(shape), (timing,), {"axes": axes}))
    big, images = (16384, 1024), (32, 56, 56, 64)
    cases.append(Case("copy 16M", "copy", normal(big), (Timing("forward", nbytes=2 * FLOAT * product(big)),)))
    timing = Timing("forward", nbytes=4 * FLOAT * product(images))
    cases.append(Case("concatenate channels 32x56x56x64", "concatenate", normal(images, images), (timing,)))
    return cases


ELEMENTWISE = ("relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "sigmoid", "tanh", "exp")


def _elementwise() -> list[Case]:
    cases = []
    for tag, shape in [("16M", (16384, 1024)), ("4096", (32, 128))]:
        size = product(shape)
        names = (
            ELEMENTWISE if tag == "4096" else [n for n in ELEMENTWISE if n not in ("gelu_tanh", "leaky_relu")]
        )
        cases += [Case(f"{op} {tag}", op, normal(shape), _streaming(size, (0,))) for op in names]
        cases += [
            Case(f"{op} {tag}", op, normal(shape, shape), _streaming(size, (0, 1), 2))
            for op in ("add", "multiply")
        ]
        cases.append(Case(f"add bias {tag}", "add", normal(shape, shape[1:]), _streaming(size, (0, 1))))
        cases.append(Case(f"softmax {tag}", "softmax", normal(shape), _streaming(size, (0,))))
        cases.append(Case(f"sum {tag}", "sum", normal(shape), (Timing("forward", nbytes=FLOAT * size),)))
        cases.append(
            Case(f"dropout 0.5 {tag}", "dropout", normal(shape), _streaming(size, (0,)), {"rate": 0.5})
        )
    return cases


def resnet50_shapes() -> list[tuple[int, ...]]:
    """Shapes of ResNet-50's 161 parameters: many small tensors and a few large ones."""
    shapes: list[tuple[int, ...]] = [(7, 7, 3, 64), (64,), (64,)]
    channels = 64
    for width, blocks in [(64, 3), (128, 4), (256, 6), (512, 3)]:
        for block in range(blocks):
            layers = [(1, channels, width), (3, width, width), (1, width, 4 * width)]
            if block == 0:
                layers.append((1, channels, 4 * width))
            for kernel, before, after in layers:
                shapes += [(kernel, kernel, before, after), (after,), (after,)]
            channels = 4 * width
    return [*shapes, (2048, 1000), (1000,)]


def _optimizers() -> list[Case]:
    sets: dict[str, list[tuple[int, ...]]] = {
        "20M in one": [(20_000_000,)],
        "resnet50 (161 tensors)": resnet50_shapes(),
        "mlp (4 tensors)": [(784, 512), (512,), (512, 10), (10,)],
    }
    cases = []
    for tag, shapes in sets.items():
        size = sum(product(shape) for shape in shapes)

        def inputs(rng: np.random.Generator, shapes: list[tuple[int, ...]] = shapes) -> list[Array]:
            return [rng.standard_normal(shape, dtype="float32") for shape in [*shapes, *shapes]]

        for op, per in [("sgd_momentum", 20), ("adam", 28)]:
            timing = Timing("update", nbytes=per * size)
            cases.append(Case(f"{op} {tag}", f"update_{op}", inputs, (timing,)))
    return cases


def _affine() -> Case:
    """The augmentation of a CIFAR batch: every image with a matrix of its own, one resampling."""

    def inputs(rng: np.random.Generator) -> list[Array]:
        linear = np.eye(2) + rng.uniform(-0.2, 0.2, (128, 2, 2))
        matrices = np.concatenate([linear, rng.uniform(-3, 3, (128, 2, 1))], 2)
        last = np.broadcast_to([[[0.0, 0.0, 1.0]]], (128, 1, 3))
        pixels = rng.standard_normal((128, 32, 32, 3), dtype="float32")
        return [pixels, np.concatenate([matrices, last], 1).astype("float32")]

    timing = Timing("forward", nbytes=2 * 4 * product((128, 32, 32, 3)))
    return Case("affine 128x32x32x3", "affine", inputs, (timing,))


CASES = [
    *_matmuls(),
    *_linears(),
    *_convolutions(),
    *_norms(),
    *_pools(),
    _affine(),
    _labels(128, 10),
    _labels(4096, 1000),
    _embedding(),
    *_moves(),
    *_elementwise(),
    *_optimizers(),
]
