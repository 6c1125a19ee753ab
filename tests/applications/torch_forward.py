"""The networks once more, in torch's functions on the tensors of the published files: an independent answer.

Nothing is shared with afina.applications, not even the tables: what a file's names say is what is computed.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F


def normed(state, x, key, epsilon):
    parts = (state[f"{key}.{name}"] for name in ("running_mean", "running_var", "weight", "bias"))
    return F.batch_norm(x, *parts, training=False, eps=epsilon)


def same(x, size, stride):
    """TensorFlow's zeros: the odd one to the right and below."""
    for axis in (2, 3):
        short = max((-(-x.shape[axis] // stride) - 1) * stride + size - x.shape[axis], 0)
        pads = (short // 2, short - short // 2)
        x = F.pad(x, (*pads, 0, 0) if axis == 3 else (0, 0, *pads))
    return x


def mobilenet_v2(state, x):
    strides = {1: 1, 2: 2, 4: 2, 7: 2, 14: 2}  # of features.N, 1 elsewhere

    def unit(x, conv, bn, act, stride=1):
        kernel = state[f"{conv}.weight"]
        groups = x.shape[1] if kernel.shape[1] == 1 else 1
        x = F.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2, groups=groups)
        x = normed(state, x, bn, 1e-5)
        return F.relu6(x) if act else x

    x = unit(x, "features.0.0", "features.0.1", True, 2)
    for n in range(1, 18):
        key, y, depth = f"features.{n}.conv", x, 0
        if n > 1:
            y, depth = unit(y, f"{key}.0.0", f"{key}.0.1", True), 1
        y = unit(y, f"{key}.{depth}.0", f"{key}.{depth}.1", True, strides.get(n, 1))
        y = unit(y, f"{key}.{depth + 1}", f"{key}.{depth + 2}", False)
        x = x + y if x.shape == y.shape else y
    x = unit(x, "features.18.0", "features.18.1", True).mean((2, 3))
    return F.linear(x, state["classifier.1.weight"], state["classifier.1.bias"])


def efficientnet_lite(state, x):
    count = 1 + max(int(key.split(".")[1]) for key in state if key.startswith("_blocks."))

    def unit(x, conv, bn, act, stride=1):
        kernel = state[f"{conv}.weight"]
        groups = x.shape[1] if kernel.shape[1] == 1 and x.shape[1] > 1 else 1
        x = F.conv2d(same(x, kernel.shape[-1], stride), kernel, stride=stride, groups=groups)
        x = normed(state, x, bn, 1e-3)
        return F.relu6(x) if act else x

    x = unit(x, "_conv_stem", "_bn0", True, 2)
    widths = [state[f"_blocks.{n}._project_conv.weight"].shape[0] for n in range(count)]
    halving, seen = {24, 40, 48, 80, 88, 192, 208}, set()  # the widths at whose first block the image halves
    for n in range(count):
        key, y = f"_blocks.{n}", x
        stride = 2 if widths[n] in halving and widths[n] not in seen else 1
        seen.add(widths[n])
        if f"{key}._expand_conv.weight" in state:
            y = unit(y, f"{key}._expand_conv", f"{key}._bn0", True)
        y = unit(y, f"{key}._depthwise_conv", f"{key}._bn1", True, stride)
        y = unit(y, f"{key}._project_conv", f"{key}._bn2", False)
        x = x + y if x.shape == y.shape else y
    x = unit(x, "_conv_head", "_bn1", True).mean((2, 3))
    return F.linear(x, state["_fc.weight"], state["_fc.bias"])


def logits(forward, path, images):
    """Images (n, h, w, c), already scaled; (n, 1000)."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    with torch.no_grad():
        return forward(state, torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()).numpy()


def resnet(state, x):
    def unit(x, conv, bn, stride=1):
        kernel = state[f"{conv}.weight"]
        return normed(state, F.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2), bn, 1e-5)

    x = F.max_pool2d(F.relu(unit(x, "conv1", "bn1", 2)), 3, 2, 1)
    blocks = sorted({tuple(key.split(".")[:2]) for key in state if key.startswith("layer")})
    deep = "layer1.0.conv3.weight" in state
    for layer, number in blocks:
        key = f"{layer}.{number}"
        stride = 2 if number == "0" and layer != "layer1" else 1
        there = f"{key}.downsample.0"
        shortcut = unit(x, there, f"{key}.downsample.1", stride) if f"{there}.weight" in state else x
        y = F.relu(unit(x, f"{key}.conv1", f"{key}.bn1", 1 if deep else stride))
        y = unit(y, f"{key}.conv2", f"{key}.bn2", stride if deep else 1)
        y = unit(F.relu(y), f"{key}.conv3", f"{key}.bn3") if deep else y
        x = F.relu(y + shortcut)
    return F.linear(x.mean((2, 3)), state["fc.weight"], state["fc.bias"])


def squeezenet(state, x):
    def conv(x, key, **further):
        return F.relu(F.conv2d(x, state[f"{key}.weight"], state[f"{key}.bias"], **further))

    x = conv(x, "features.0", stride=2)
    for place in range(2, 13):
        key = f"features.{place}"
        if f"{key}.squeeze.weight" in state:
            x = conv(x, f"{key}.squeeze")
            x = torch.cat([conv(x, f"{key}.expand1x1"), conv(x, f"{key}.expand3x3", padding=1)], 1)
        else:
            x = F.max_pool2d(x, 3, 2, ceil_mode=True)
    return conv(x, "classifier.1").mean((2, 3))


def vgg(state, x):
    depth = 1 + max(int(key.split(".")[1]) for key in state if key.startswith("features."))
    for place in range(depth + 2):  # the activation and the pooling of the last convolution
        key = f"features.{place}"
        if f"{key}.weight" in state:
            x = F.relu(F.conv2d(x, state[f"{key}.weight"], state[f"{key}.bias"], padding=1))
        elif f"features.{place - 1}.weight" not in state:
            x = F.max_pool2d(x, 2)
    x = x.flatten(1)
    for key in ("classifier.0", "classifier.3", "classifier.6"):
        x = F.linear(x, state[f"{key}.weight"], state[f"{key}.bias"])
        x = x if key == "classifier.6" else F.relu(x)
    return x
