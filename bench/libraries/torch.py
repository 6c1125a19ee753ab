"""PyTorch's adapter. Options: nchw (images of ops), cl (channels last in training), fused (optimizer)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from .. import setting
from ..case import Array, Case, Timing
from .base import Library, Runner

# how the reference's arrays become torch's, and back
PLAIN, IMAGE, KERNEL, DEPTHWISE = "plain", "image", "kernel", "depthwise"
_FORWARD = {IMAGE: (0, 3, 1, 2), KERNEL: (3, 2, 0, 1), DEPTHWISE: (2, 3, 0, 1)}
_BACK = {IMAGE: (0, 2, 3, 1), KERNEL: (2, 3, 1, 0), DEPTHWISE: (2, 3, 0, 1)}


def _conv(x: Any, kernel: Any, strides: Any, padding: Any) -> Any:
    return F.conv2d(x, kernel, None, strides, (padding[0][0], padding[1][0]))


def _depthwise(x: Any, kernel: Any, strides: Any, padding: Any) -> Any:
    return F.conv2d(x, kernel, None, strides, (padding[0][0], padding[1][0]), groups=x.shape[1])


def _linear(x: Any, kernel: Any, bias: Any, activation: str = "linear") -> Any:
    y = torch.addmm(bias, x, kernel)
    return F.relu(y) if activation == "relu" else y


def _chain(x: Any, length: int) -> Any:
    for _ in range(length):
        x = F.relu(x)
    return x.sum()


def _affine(x: Any, matrices: Any) -> Any:
    """torch counts from -1 to 1 across the image, in the order x, y, as the matrices do."""
    height, width = x.shape[2:]
    scale = torch.diag(torch.tensor([width / 2, height / 2, 1.0], device=x.device))
    inverse = torch.linalg.inv(scale) @ torch.linalg.inv(matrices) @ scale
    grid = F.affine_grid(inverse[:, :2], x.shape, align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


# op: function, layouts of the inputs (the last repeats), layout of the output
OPS: dict[str, tuple[Callable[..., Any], tuple[str, ...], str]] = {
    "matmul": (
        lambda a, b, transpose_a=False, transpose_b=False: torch.mm(
            a.t() if transpose_a else a, b.t() if transpose_b else b
        ),
        (PLAIN,),
        PLAIN,
    ),
    "linear": (_linear, (PLAIN,), PLAIN),
    "conv2d": (_conv, (IMAGE, KERNEL), IMAGE),
    "depthwise_conv2d": (_depthwise, (IMAGE, DEPTHWISE), IMAGE),
    "batch_norm": (
        lambda x, g, b, epsilon: F.batch_norm(x, None, None, g, b, True, eps=epsilon),
        (IMAGE, PLAIN),
        IMAGE,
    ),
    "instance_norm": (
        lambda x, g, b, epsilon: F.instance_norm(x, None, None, g, b, eps=epsilon),
        (IMAGE, PLAIN),
        IMAGE,
    ),
    "layer_norm": (lambda x, g, b, epsilon: F.layer_norm(x, x.shape[-1:], g, b, epsilon), (PLAIN,), PLAIN),
    "max_pool2d": (lambda x, pool_size: F.max_pool2d(x, kernel_size=pool_size), (IMAGE,), IMAGE),
    "average_pool2d": (lambda x, pool_size: F.avg_pool2d(x, kernel_size=pool_size), (IMAGE,), IMAGE),
    "global_average_pool": (lambda x: x.mean((2, 3)), (IMAGE,), PLAIN),
    "affine": (_affine, (IMAGE, PLAIN), IMAGE),
    "cross_entropy": (lambda labels, logits: F.cross_entropy(logits, labels), (PLAIN,), PLAIN),
    "embedding": (F.embedding, (PLAIN,), PLAIN),
    "transpose": (lambda x, axes: x.permute(axes).contiguous(), (PLAIN,), PLAIN),
    "copy": (torch.clone, (PLAIN,), PLAIN),
    "concatenate": (lambda *parts: torch.cat(parts, -1), (PLAIN,), PLAIN),
    "relu": (F.relu, (PLAIN,), PLAIN),
    "leaky_relu": (F.leaky_relu, (PLAIN,), PLAIN),
    "elu": (F.elu, (PLAIN,), PLAIN),
    "gelu": (F.gelu, (PLAIN,), PLAIN),
    "gelu_tanh": (lambda x: F.gelu(x, approximate="tanh"), (PLAIN,), PLAIN),
    "sigmoid": (torch.sigmoid, (PLAIN,), PLAIN),
    "tanh": (torch.tanh, (PLAIN,), PLAIN),
    "exp": (torch.exp, (PLAIN,), PLAIN),
    "softmax": (lambda x: F.softmax(x, -1), (PLAIN,), PLAIN),
    "add": (lambda a, b: a + b, (PLAIN,), PLAIN),
    "multiply": (lambda a, b: a * b, (PLAIN,), PLAIN),
    "double": (lambda x: x * 2.0, (PLAIN,), PLAIN),
    "sum": (torch.sum, (PLAIN,), PLAIN),
    "reshape": (lambda x, shape: x.reshape(shape), (PLAIN,), PLAIN),
    "dropout": (lambda x, rate: F.dropout(x, rate, True), (PLAIN,), PLAIN),
    "relu_chain": (_chain, (PLAIN,), PLAIN),
}


class Torch(Library):
    """Images are channels last in memory, torch's faster layout for most ops, unless `nchw` is asked for."""

    OPS = OPS

    def __init__(self, threads: int, options: list[str]) -> None:
        super().__init__(threads, options)
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(setting.precision())
        torch.backends.cudnn.allow_tf32 = setting.precision() != "highest"
        self._format = torch.contiguous_format if "nchw" in options else torch.channels_last

    def finished(self) -> None:
        """Wait for the device, if there is one."""
        if setting.device() == "cuda":
            torch.cuda.synchronize()

    def supports(self, case: Case, timing: Timing) -> bool:
        """All ops; training with `cl` only for images."""
        if case.op == "transfer":
            return True
        if case.op == "training":
            return "cl" not in self.options or len(case.settings["shape"]) == 3
        return case.op in OPS or case.op == "dense_layer" or case.op.startswith("update_")

    def _to(self, array: Array, layout: str) -> Any:
        tensor = torch.from_numpy(array).to(setting.device())
        if layout == PLAIN:
            return tensor.clone()
        return tensor.permute(_FORWARD[layout]).contiguous(memory_format=self._format)

    def _from(self, tensor: Any, layout: str) -> Array:
        tensor = tensor.detach().cpu()
        array: Array = (tensor if layout == PLAIN else tensor.permute(_BACK[layout])).contiguous().numpy()
        return array

    def runner(self, case: Case, timing: Timing) -> Runner:
        """Tensors in torch's layouts, gradients only for `timing.wanted`."""
        if case.op in ("training", "transfer"):
            return _network(case, timing, self.options)
        arrays = case.arrays()
        if case.op.startswith("update_"):
            return _update(case, arrays)
        if case.op == "dense_layer":
            return _dense_layer(timing, arrays)
        function, layouts, output_layout = OPS[case.op]
        layouts = layouts + (layouts[-1],) * (len(arrays) - len(layouts))
        inputs = [self._to(a, layout) for a, layout in zip(arrays, layouts, strict=True)]
        settings = case.settings
        for i in timing.wanted:
            inputs[i].requires_grad_(True)
        if not timing.wanted or timing.direction == "forward recorded":
            run = _call(function, inputs, settings)
            return Runner(run, lambda: [self._from(run(), output_layout)])
        leaves = [inputs[i] for i in timing.wanted]
        wanted = [layouts[i] for i in timing.wanted]
        output = function(*inputs, **settings)
        shape = self._from(output, output_layout).shape
        seed = self._to(case.seed(shape), output_layout)
        grad = torch.autograd.grad

        def results(gradients: Any) -> list[Array]:
            return [self._from(g, layout) for g, layout in zip(gradients, wanted, strict=True)]

        if timing.forward:
            del output

            def both() -> Any:
                return grad(function(*inputs, **settings), leaves, seed)

            return Runner(both, lambda: results(both()))

        def backward() -> Any:
            return grad(output, leaves, seed, retain_graph=True)

        return Runner(backward, lambda: results(backward()))


def _network(case: Case, timing: Timing, options: list[str]) -> Runner:
    if case.op == "training":
        from .torch_networks import training

        return training(case, options)
    from .torch_transfer import transfer

    return transfer(case, timing, options)


def _call(function: Callable[..., Any], inputs: list[Any], settings: dict[str, Any]) -> Callable[[], Any]:
    if settings:
        return lambda: function(*inputs, **settings)
    if len(inputs) == 1:
        x = inputs[0]
        return lambda: function(x)
    if len(inputs) == 2:
        a, b = inputs
        return lambda: function(a, b)
    return lambda: function(*inputs)


def _dense_layer(timing: Timing, arrays: list[Array]) -> Runner:
    x, kernel, bias = (torch.from_numpy(a).to(setting.device()) for a in arrays)
    layer = torch.nn.Linear(*kernel.shape, device=setting.device())
    with torch.no_grad():
        layer.weight.copy_(kernel.t())
        layer.bias.copy_(bias)
    if not timing.wanted:
        layer.requires_grad_(False)
        return Runner(lambda: layer(x), lambda: [layer(x).cpu().numpy()])

    def both() -> None:
        layer(x).sum().backward()

    def results() -> list[Array]:
        both()
        return [layer.weight.grad.t().clone().cpu().numpy(), layer.bias.grad.clone().cpu().numpy()]

    return Runner(both, results)


def _update(case: Case, arrays: list[Array]) -> Runner:
    tensors = [torch.from_numpy(a).clone().to(setting.device()) for a in arrays]
    count = len(tensors) // 2
    parameters = tensors[:count]
    for parameter, gradient in zip(parameters, tensors[count:], strict=True):
        parameter.requires_grad_(True)
        parameter.grad = gradient
    if case.op == "update_sgd_momentum":
        run = torch.optim.SGD(parameters, 0.01, momentum=0.9, fused=True).step
    else:
        run = torch.optim.Adam(parameters, 0.001, eps=1e-7, fused=True).step

    def results() -> list[Array]:
        run()
        return [p.detach().cpu().numpy() for p in parameters]

    return Runner(run, results)
