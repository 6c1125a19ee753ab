"""The transformer of the training cases in PyTorch's own style."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ..networks import TRANSFORMER
from ..training import kernels

EPSILON = 1e-3  # Keras's


class Block(nn.Module):
    """Attention, then two linear layers, each behind a norm and beside a shortcut."""

    def __init__(self, d: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(d, EPSILON), nn.LayerNorm(d, EPSILON)
        self.qkv, self.projection = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x: Any) -> Any:
        n, t, d = x.shape
        q, k, v = self.qkv(self.first(x)).view(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.projection(y.transpose(1, 2).reshape(n, t, d))
        return x + self.down(F.gelu(self.up(self.second(x))))


class Transformer(nn.Module):
    """Tokens (n, t) to logits (n, classes, t), as torch's cross-entropy takes them."""

    def __init__(self, length: int, classes: int) -> None:
        super().__init__()
        d, heads, blocks = TRANSFORMER
        self.tokens, self.positions = nn.Embedding(classes, d), nn.Parameter(torch.zeros(length, d))
        self.blocks = nn.Sequential(*[Block(d, heads) for _ in range(blocks)])
        self.norm, self.head = nn.LayerNorm(d, EPSILON), nn.Linear(d, classes)
        self._set_weights()

    def forward(self, x: Any) -> Any:
        return self.head(self.norm(self.blocks(self.tokens(x) + self.positions))).transpose(1, 2)

    def _set_weights(self) -> None:
        """The kernels that every library starts from, in Keras's order and shapes, and zero biases."""
        d, heads, blocks = TRANSFORMER
        split = (d, heads, d // heads)
        shapes = [tuple(self.tokens.weight.shape), tuple(self.positions.shape)]
        shapes += [split, split, split, (heads, d // heads, d), (d, 4 * d), (4 * d, d)] * blocks
        found = iter([torch.from_numpy(k) for k in kernels([*shapes, (d, self.head.out_features)])])
        with torch.no_grad():
            self.tokens.weight.copy_(next(found))
            self.positions.copy_(next(found))
            for block in self.blocks:
                block.qkv.weight.copy_(torch.cat([next(found).reshape(d, d) for _ in range(3)], 1).T)
                block.projection.weight.copy_(next(found).reshape(d, d).T)
                block.up.weight.copy_(next(found).T)
                block.down.weight.copy_(next(found).T)
            self.head.weight.copy_(next(found).T)
            for module in self.modules():
                if isinstance(module, nn.Linear):
                    module.bias.zero_()
