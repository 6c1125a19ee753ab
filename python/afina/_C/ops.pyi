"""
The ops, one row of the table each.
"""
from __future__ import annotations
import afina._C
import collections.abc
import typing
__all__: list[str] = ['abs', 'adadelta_update', 'adagrad_update', 'adam_update', 'add', 'all', 'any', 'argmax', 'argmin', 'argsort', 'average_pool2d', 'average_update', 'batch_norm', 'batch_norm_inference', 'binary_crossentropy', 'broadcast_to', 'cast', 'categorical_crossentropy', 'ceil', 'clip', 'clip_by_global_norm', 'clip_by_norm', 'clip_by_value', 'concatenate', 'conv2d', 'conv2d_transpose', 'cos', 'cumprod', 'cumsum', 'depthwise_conv2d', 'divide', 'dot_product_attention', 'dropout', 'elu', 'embedding', 'equal', 'exp', 'expand_dims', 'expm1', 'flip', 'floor', 'gather', 'gelu', 'global_norm', 'greater', 'greater_equal', 'grid_sample', 'group_norm', 'gru', 'hard_sigmoid', 'huber', 'instance_norm', 'isfinite', 'isnan', 'kl_divergence', 'layer_norm', 'leaky_relu', 'less', 'less_equal', 'linear', 'log', 'log1p', 'log_softmax', 'logical_and', 'logical_not', 'logical_or', 'logsumexp', 'lstm', 'matmul', 'max', 'max_pool2d', 'maximum', 'mean', 'mean_absolute_error', 'mean_squared_error', 'min', 'minimum', 'multiply', 'negative', 'not_equal', 'one_hot', 'pad', 'power', 'prelu', 'prod', 'random_bernoulli', 'random_normal', 'random_permutation', 'random_uniform', 'reciprocal', 'relu', 'relu6', 'reshape', 'resize2d', 'rmsprop_update', 'round', 'rsqrt', 'selu', 'sgd_update', 'sigmoid', 'sign', 'silu', 'simple_rnn', 'sin', 'slice', 'softmax', 'softplus', 'softsign', 'sort', 'sparse_categorical_crossentropy', 'sqrt', 'square', 'squeeze', 'stack', 'std', 'subtract', 'sum', 'take_along_axis', 'tanh', 'top_k', 'transpose', 'truncated_normal', 'var', 'where']
def abs(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    |x|; the slope at 0 is 0.
    """
def adadelta_update(params: collections.abc.Sequence[afina._C.Tensor], grads: collections.abc.Sequence[afina._C.Tensor], mean_squares: collections.abc.Sequence[afina._C.Tensor], mean_deltas: collections.abc.Sequence[afina._C.Tensor], lr: float = 1.0, rho: float = 0.95, epsilon: float = 1e-07, weight_decay: float = 0.0, decoupled: bool = False) -> None:
    """
    In place: s = rho s + (1 - rho) g^2, d = sqrt(u + epsilon) / sqrt(s + epsilon) g, u = rho u + (1 - rho) d^2, p -= lr d.
    """
def adagrad_update(params: collections.abc.Sequence[afina._C.Tensor], grads: collections.abc.Sequence[afina._C.Tensor], accumulators: collections.abc.Sequence[afina._C.Tensor], lr: float, epsilon: float = 1e-07, weight_decay: float = 0.0, eps_inside_sqrt: bool = False, decoupled: bool = False) -> None:
    """
    In place: a += g^2, p -= lr g / (sqrt(a) + epsilon).
    """
def adam_update(params: collections.abc.Sequence[afina._C.Tensor], grads: collections.abc.Sequence[afina._C.Tensor], ms: collections.abc.Sequence[afina._C.Tensor], vs: collections.abc.Sequence[afina._C.Tensor], lr: float, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-08, step: int = 1, weight_decay: float = 0.0, decoupled: bool = False, amsgrad_vs: collections.abc.Sequence[afina._C.Tensor] = []) -> None:
    """
    In place: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, p -= lr mhat / (sqrt(vhat) + epsilon), both bias corrected for `step`, which counts from 1; `decoupled` weight decay is AdamW, amsgrad_vs AMSGrad.
    """
def add(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    a + b, element by element.
    """
def all(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False) -> afina._C.Tensor:
    """
    Are all elements not 0?  Over the axes (None: all), as bool.
    """
def any(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False) -> afina._C.Tensor:
    """
    Is one element not 0?  Over the axes (None: all), as bool.
    """
def argmax(x: afina._C.Tensor, axis: int | None = -1) -> afina._C.Tensor:
    """
    The first position of the largest element along `axis` (None: in row-major order), as int64.
    """
def argmin(x: afina._C.Tensor, axis: int | None = -1) -> afina._C.Tensor:
    """
    The first position of the smallest element along `axis` (None: in row-major order), as int64.
    """
def argsort(x: afina._C.Tensor, axis: int = -1, descending: bool = False) -> afina._C.Tensor:
    """
    Where the smallest (`descending`: the largest) element along `axis` is, the next one, and so on, as int64; equals keep their order, NaN is the largest.
    """
def average_pool2d(x: afina._C.Tensor, pool_size: int | collections.abc.Sequence[int], strides: int | collections.abc.Sequence[int] | None = None, padding: str | list[collections.abc.Sequence[int]] = 'valid') -> afina._C.Tensor:
    """
    The mean of each window without its padding, (n, h, w, c) to (n, h', w', c); arguments as for max_pool2d.
    """
def average_update(average: afina._C.Tensor, value: afina._C.Tensor, momentum: float) -> None:
    """
    In place: average = momentum average + (1 - momentum) value, for running statistics.
    """
def batch_norm(x: afina._C.Tensor, gamma: afina._C.Tensor | None = None, beta: afina._C.Tensor | None = None, epsilon: float = 0.001, activation: str = 'linear') -> typing.Annotated[list[afina._C.Tensor], "FixedSize(3)"]:
    """
    activation((x - mean) / sqrt(variance + epsilon) gamma + beta) with each channel's (last axis's) mean and biased variance over all other axes; returns (y, mean, variance), of which y alone has a gradient.
    """
def batch_norm_inference(x: afina._C.Tensor, mean: afina._C.Tensor, variance: afina._C.Tensor, gamma: afina._C.Tensor | None = None, beta: afina._C.Tensor | None = None, epsilon: float = 0.001, activation: str = 'linear') -> afina._C.Tensor:
    """
    activation((x - mean) / sqrt(variance + epsilon) gamma + beta) with given statistics, which have no gradient.
    """
def binary_crossentropy(y_true: afina._C.Tensor, y_pred: afina._C.Tensor, from_logits: bool = False, label_smoothing: float = 0.0, reduction: str = 'mean', sample_weight: afina._C.Tensor | None = None) -> afina._C.Tensor:
    """
    -(t log p + (1 - t) log(1 - p)) averaged over the last axis, p = sigmoid(y_pred) from logits, else y_pred kept in [1e-7, 1 - 1e-7]; the gradient is y_pred's alone.
    """
def broadcast_to(x: afina._C.Tensor, shape: tuple[int, ...]) -> afina._C.Tensor:
    """
    x repeated along new and size-one axes up to `shape`.
    """
def cast(x: afina._C.Tensor, dtype: str | type) -> afina._C.Tensor:
    """
    x in another dtype; floats become integers by dropping the fraction, anything becomes bool by != 0.
    """
def categorical_crossentropy(y_true: afina._C.Tensor, y_pred: afina._C.Tensor, from_logits: bool = False, label_smoothing: float = 0.0, reduction: str = 'mean', sample_weight: afina._C.Tensor | None = None) -> afina._C.Tensor:
    """
    -sum(y_true log(p)) over the last axis, p = softmax(y_pred) from logits, else y_pred / sum(y_pred) kept in [1e-7, 1 - 1e-7]; the gradient is y_pred's alone.
    """
def ceil(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    The smallest integer that is not below x.
    """
def clip(x: afina._C.Tensor, min: float, max: float) -> afina._C.Tensor:
    """
    min(max(x, low), high); the slope is 1 from low to high, both included.
    """
def clip_by_global_norm(grads: collections.abc.Sequence[afina._C.Tensor], clip: float) -> float:
    """
    In place, all tensors as one vector: g *= clip / |g| where |g| > clip; returns the norm before.
    """
def clip_by_norm(grads: collections.abc.Sequence[afina._C.Tensor], clip: float) -> None:
    """
    In place, each tensor on its own: g *= clip / |g| where |g| > clip.
    """
def clip_by_value(grads: collections.abc.Sequence[afina._C.Tensor], clip: float) -> None:
    """
    In place: g = min(max(g, -clip), clip).
    """
def concatenate(tensors: collections.abc.Sequence[afina._C.Tensor], axis: int = -1) -> afina._C.Tensor:
    """
    The tensors behind one another along `axis`; their other sizes and dtypes agree.
    """
def conv2d(x: afina._C.Tensor, kernel: afina._C.Tensor, bias: afina._C.Tensor | None = None, strides: int | collections.abc.Sequence[int] = [1, 1], padding: str | list[collections.abc.Sequence[int]] = 'valid', dilation: int | collections.abc.Sequence[int] = [1, 1], groups: int = 1, activation: str = 'linear') -> afina._C.Tensor:
    """
    activation(x * kernel + bias) over images x (n, h, w, channels), kernel (kh, kw, channels / groups, filters); padding "valid", "same" or ((top, bottom), (left, right)).
    """
def conv2d_transpose(x: afina._C.Tensor, kernel: afina._C.Tensor, bias: afina._C.Tensor | None = None, strides: int | collections.abc.Sequence[int] = [1, 1], padding: str | list[collections.abc.Sequence[int]] = 'valid', output_padding: collections.abc.Sequence[int] | None = None, dilation: int | collections.abc.Sequence[int] = [1, 1], activation: str = 'linear') -> afina._C.Tensor:
    """
    activation(bias + the image whose windows under the kernel add up x), the gradient of conv2d by its image: images x (n, h, w, channels), kernel (kh, kw, filters, channels); padding "valid" gives (h - 1) stride + max(kh, stride) rows, "same" h stride; ((top, bottom), (left, right)) is cut off.
    """
def cos(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    The cosine of x in radians.
    """
def cumprod(x: afina._C.Tensor, axis: int = -1) -> afina._C.Tensor:
    """
    x[0] ... x[k] for every k along `axis`.
    """
def cumsum(x: afina._C.Tensor, axis: int = -1) -> afina._C.Tensor:
    """
    x[0] + ... + x[k] for every k along `axis`; floats are added up in double.
    """
def depthwise_conv2d(x: afina._C.Tensor, kernel: afina._C.Tensor, bias: afina._C.Tensor | None = None, strides: int | collections.abc.Sequence[int] = [1, 1], padding: str | list[collections.abc.Sequence[int]] = 'valid', dilation: int | collections.abc.Sequence[int] = [1, 1], activation: str = 'linear') -> afina._C.Tensor:
    """
    activation(x * kernel + bias), every channel alone: images x (n, h, w, c), kernel (kh, kw, c, multiplier), result (n, h', w', c * multiplier); padding as for conv2d.
    """
def divide(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    a / b, for floating dtypes.
    """
def dot_product_attention(query: afina._C.Tensor, key: afina._C.Tensor, value: afina._C.Tensor, bias: afina._C.Tensor | None = None, mask: afina._C.Tensor | None = None, scale: float | None = None, is_causal: bool = False, dropout: float = 0.0, seed: tuple[int, int] | None = None) -> afina._C.Tensor:
    """
    softmax(scale query . key + bias) value for query (batch, queries, heads, dim), key (batch, keys, heads, dim), value (batch, keys, heads, value_dim); mask is true where a query may see a key, bias and mask broadcast to (batch, heads, queries, keys); scale defaults to 1 / sqrt(dim); a query that sees nothing gets zeros; seed: (seed, stream) or None.
    """
def dropout(x: afina._C.Tensor, rate: float, scaled: bool = True, seed: tuple[int, int] | None = None) -> afina._C.Tensor:
    """
    0 with probability `rate`, else x / (1 - rate), or x when not `scaled`; seed: (seed, stream) or None.
    """
def elu(x: afina._C.Tensor, alpha: float = 1.0) -> afina._C.Tensor:
    """
    x for x > 0, alpha (e^x - 1) otherwise; alpha >= 0.
    """
def embedding(indices: afina._C.Tensor, table: afina._C.Tensor) -> afina._C.Tensor:
    """
    The rows of `table` (n, d) that `indices` name: indices.shape + (d,).
    """
def equal(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    a == b, as bool.
    """
def exp(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    e^x, element by element.
    """
def expand_dims(x: afina._C.Tensor, axis: int) -> afina._C.Tensor:
    """
    x with a new axis of size one before `axis`.
    """
def expm1(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    e^x - 1, exact for small x.
    """
def flip(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None) -> afina._C.Tensor:
    """
    x reversed along the axes (None: all of them).
    """
def floor(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    The largest integer that is not above x.
    """
def gather(x: afina._C.Tensor, indices: afina._C.Tensor, axis: int = 0) -> afina._C.Tensor:
    """
    The entries of x along `axis` that the integer `indices` name; negative ones count from the end.
    """
def gelu(x: afina._C.Tensor, approximate: bool = False) -> afina._C.Tensor:
    """
    x (1 + erf(x / sqrt 2)) / 2, or with `approximate` x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2.
    """
def global_norm(tensors: collections.abc.Sequence[afina._C.Tensor]) -> float:
    """
    The root of the sum of the squares of all elements of all tensors.
    """
def greater(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    a > b, as bool.
    """
def greater_equal(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    a >= b, as bool.
    """
def grid_sample(x: afina._C.Tensor, points: afina._C.Tensor, interpolation: str = 'bilinear', fill_mode: str = 'constant', fill_value: float = 0.0) -> afina._C.Tensor:
    """
    x (n, *size, c), one to three axes, read at points (axes, n, *out): points[a] are positions on axis a in pixels, 0 the first one's centre; interpolation "nearest" or "bilinear"; outside fill_mode "constant" (fill_value), "nearest", "reflect" or "wrap".  Gradients flow to x.
    """
def group_norm(x: afina._C.Tensor, gamma: afina._C.Tensor | None = None, beta: afina._C.Tensor | None = None, groups: int = 32, epsilon: float = 0.001) -> afina._C.Tensor:
    """
    (x - mean) / sqrt(variance + epsilon) gamma + beta with one mean and biased variance per instance (first axis) and group of neighbouring channels (last axis).
    """
def gru(x: afina._C.Tensor, kernel: afina._C.Tensor, recurrent_kernel: afina._C.Tensor, bias: afina._C.Tensor | None = None, initial_h: afina._C.Tensor | None = None, mask: afina._C.Tensor | None = None, recurrent_scale: afina._C.Tensor | None = None, go_backwards: bool = False, activation: str = 'tanh', recurrent_activation: str = 'sigmoid', reset_after: bool = True) -> typing.Annotated[list[afina._C.Tensor], "FixedSize(2)"]:
    """
    Gated recurrent unit over x (batch, steps, inputs): update z, reset r, candidate g, h = z h + (1 - z) g; returns (every h, the last h). With reset_after g = activation(x_t kernel + bias + r (h recurrent_kernel + recurrent bias)) and bias is (2, 3 units), else r h is multiplied and bias is (3 units,). mask and recurrent_scale as in lstm.
    """
def hard_sigmoid(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    min(max(x / 6 + 1/2, 0), 1).
    """
def huber(y_true: afina._C.Tensor, y_pred: afina._C.Tensor, delta: float = 1.0, reduction: str = 'mean', sample_weight: afina._C.Tensor | None = None) -> afina._C.Tensor:
    """
    e^2 / 2 where |e| <= delta, else delta |e| - delta^2 / 2, averaged over the last axis; e = y_pred - y_true.
    """
def instance_norm(x: afina._C.Tensor, gamma: afina._C.Tensor | None = None, beta: afina._C.Tensor | None = None, epsilon: float = 0.001) -> afina._C.Tensor:
    """
    (x - mean) / sqrt(variance + epsilon) gamma + beta with one mean and biased variance per instance (first axis) and channel (last axis).
    """
def isfinite(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    Is the element neither infinite nor NaN?  As bool.
    """
def isnan(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    Is the element NaN?  As bool.
    """
def kl_divergence(y_true: afina._C.Tensor, y_pred: afina._C.Tensor, reduction: str = 'mean', sample_weight: afina._C.Tensor | None = None) -> afina._C.Tensor:
    """
    y_true log(y_true / y_pred) summed over the last axis, both kept in [1e-7, 1]; the gradient is y_pred's alone.
    """
def layer_norm(x: afina._C.Tensor, gamma: afina._C.Tensor | None = None, beta: afina._C.Tensor | None = None, epsilon: float = 0.001, axes: int = 1) -> afina._C.Tensor:
    """
    (x - mean) / sqrt(variance + epsilon) gamma + beta with one mean and biased variance per row, the last `axes` axes of x.
    """
def leaky_relu(x: afina._C.Tensor, negative_slope: float = 0.3) -> afina._C.Tensor:
    """
    x for x > 0, negative_slope x otherwise; negative_slope >= 0.
    """
def less(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    a < b, as bool.
    """
def less_equal(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    a <= b, as bool.
    """
def linear(x: afina._C.Tensor, kernel: afina._C.Tensor, bias: afina._C.Tensor | None = None, activation: str = 'linear') -> afina._C.Tensor:
    """
    activation(x kernel + bias); x (..., n), kernel (n, m), bias (m,).
    """
def log(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    The natural logarithm.
    """
def log1p(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    log(1 + x), exact for small x.
    """
def log_softmax(x: afina._C.Tensor, axis: int = -1) -> afina._C.Tensor:
    """
    x - max - log(sum(exp(x - max))) along `axis`.
    """
def logical_and(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    Are both not 0?  As bool.
    """
def logical_not(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    x == 0, as bool.
    """
def logical_or(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    Is one of them not 0?  As bool.
    """
def logsumexp(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False) -> afina._C.Tensor:
    """
    log(sum(e^x)) over the axes (None: all), without overflow.
    """
def lstm(x: afina._C.Tensor, kernel: afina._C.Tensor, recurrent_kernel: afina._C.Tensor, bias: afina._C.Tensor | None = None, initial_h: afina._C.Tensor | None = None, initial_c: afina._C.Tensor | None = None, mask: afina._C.Tensor | None = None, recurrent_scale: afina._C.Tensor | None = None, go_backwards: bool = False, activation: str = 'tanh', recurrent_activation: str = 'sigmoid') -> typing.Annotated[list[afina._C.Tensor], "FixedSize(3)"]:
    """
    Long short-term memory over x (batch, steps, inputs): [i f g o] = x_t kernel + h recurrent_kernel + bias, c = f c + i g, h = o activation(c); returns (every h, the last h, the last c). Where mask (batch, steps) is false the state passes through; recurrent_scale (batch, units) multiplies h before the product and has no gradient.
    """
def matmul(a: afina._C.Tensor, b: afina._C.Tensor, transpose_a: bool = False, transpose_b: bool = False) -> afina._C.Tensor:
    """
    The matrix product of the last two axes, either operand read transposed; leading axes broadcast.
    """
def max(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False) -> afina._C.Tensor:
    """
    The largest element over the axes (None: all); the gradient goes to the first of equals, NaN wins.
    """
def max_pool2d(x: afina._C.Tensor, pool_size: int | collections.abc.Sequence[int], strides: int | collections.abc.Sequence[int] | None = None, padding: str | list[collections.abc.Sequence[int]] = 'valid') -> afina._C.Tensor:
    """
    The largest value of each window, (n, h, w, c) to (n, h', w', c); `strides` defaults to `pool_size`; padding is "valid", "same" or ((top, bottom), (left, right)).
    """
def maximum(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    The larger of a and b; NaN wins, and for equals the gradient goes to a.
    """
def mean(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False) -> afina._C.Tensor:
    """
    The mean over the axes (None: all); of integers and bool as float32, of nothing NaN.
    """
def mean_absolute_error(y_true: afina._C.Tensor, y_pred: afina._C.Tensor, reduction: str = 'mean', sample_weight: afina._C.Tensor | None = None) -> afina._C.Tensor:
    """
    |y_pred - y_true| averaged over the last axis.
    """
def mean_squared_error(y_true: afina._C.Tensor, y_pred: afina._C.Tensor, reduction: str = 'mean', sample_weight: afina._C.Tensor | None = None) -> afina._C.Tensor:
    """
    (y_pred - y_true)^2 averaged over the last axis.
    """
def min(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False) -> afina._C.Tensor:
    """
    The smallest element over the axes (None: all); the gradient goes to the first of equals, NaN wins.
    """
def minimum(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    The smaller of a and b; NaN wins, and for equals the gradient goes to a.
    """
def multiply(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    a b, element by element.
    """
def negative(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    -x, element by element.
    """
def not_equal(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    a != b, as bool.
    """
def one_hot(indices: afina._C.Tensor, depth: int, dtype: str | type = 'float32') -> afina._C.Tensor:
    """
    1 at the index and 0 elsewhere along a new last axis of size `depth`.
    """
def pad(x: afina._C.Tensor, paddings: collections.abc.Sequence[tuple[int, int]], value: float = 0.0) -> afina._C.Tensor:
    """
    x with paddings[a] = (before, after) elements of `value` around axis a.
    """
def power(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    a to the power of b.
    """
def prelu(x: afina._C.Tensor, slope: afina._C.Tensor) -> afina._C.Tensor:
    """
    x for x > 0, slope x otherwise; the slope is broadcast to x.
    """
def prod(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False) -> afina._C.Tensor:
    """
    The product over the axes (None: all); of integers and bool as int64, of nothing 1.
    """
def random_bernoulli(shape: tuple[int, ...], p: float, seed: tuple[int, int] | None = None) -> afina._C.Tensor:
    """
    True with probability p, else False; seed: (seed, stream) or None.
    """
def random_normal(shape: tuple[int, ...], mean: float = 0.0, stddev: float = 1.0, dtype: str | type = 'float32', seed: tuple[int, int] | None = None) -> afina._C.Tensor:
    """
    Normal numbers; seed: (seed, stream) or None.
    """
def random_permutation(n: int, seed: tuple[int, int] | None = None) -> afina._C.Tensor:
    """
    The numbers 0 to n - 1 in random order; seed: (seed, stream) or None.
    """
def random_uniform(shape: tuple[int, ...], low: float = 0.0, high: float = 1.0, dtype: str | type = 'float32', seed: tuple[int, int] | None = None) -> afina._C.Tensor:
    """
    Uniform numbers in [low, high); seed: (seed, stream) or None.
    """
def reciprocal(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    1 / x, element by element.
    """
def relu(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    max(x, 0); the slope at 0 is 0.
    """
def relu6(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    min(max(x, 0), 6).
    """
def reshape(x: afina._C.Tensor, shape: collections.abc.Sequence[int]) -> afina._C.Tensor:
    """
    x with another shape of the same size, sharing its memory; one size may be -1: what is left.
    """
def resize2d(x: afina._C.Tensor, size: int | collections.abc.Sequence[int], interpolation: str = 'bilinear') -> afina._C.Tensor:
    """
    Images (n, h, w, c) with size[0] x size[1] pixels; interpolation "nearest" or "bilinear", with the centres of pixels at (o + 1/2) h / size[0] - 1/2.
    """
def rmsprop_update(params: collections.abc.Sequence[afina._C.Tensor], grads: collections.abc.Sequence[afina._C.Tensor], mean_squares: collections.abc.Sequence[afina._C.Tensor], mean_grads: collections.abc.Sequence[afina._C.Tensor], momenta: collections.abc.Sequence[afina._C.Tensor], lr: float, rho: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-07, centered: bool = False, eps_inside_sqrt: bool = False, weight_decay: float = 0.0, decoupled: bool = False) -> None:
    """
    In place: s = rho s + (1 - rho) g^2, p -= lr g / (sqrt(s) + epsilon); `centered` subtracts the squared mean gradient from s, `momentum` accumulates the steps.  Lists that are not in use may be [].
    """
def round(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    The nearest integer, halves to the even one.
    """
def rsqrt(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    1 / sqrt(x).
    """
def selu(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    1.0507 x for x > 0, 1.0507 * 1.6733 (e^x - 1) otherwise.
    """
def sgd_update(params: collections.abc.Sequence[afina._C.Tensor], grads: collections.abc.Sequence[afina._C.Tensor], velocities: collections.abc.Sequence[afina._C.Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False, style: str = 'heavyball', weight_decay: float = 0.0, decoupled: bool = False) -> None:
    """
    In place: v = m v - lr g, p += v ("heavyball"); v = m v + (1 - m) g, p -= lr v ("ema"); v = m v + g, p -= lr v ("torch").  velocities may be [] when momentum is 0.  weight_decay w adds w p to g, or with `decoupled` multiplies p by 1 - lr w.
    """
def sigmoid(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    1 / (1 + e^-x).
    """
def sign(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    -1, 0 or 1: the sign of x.
    """
def silu(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    x / (1 + e^-x).
    """
def simple_rnn(x: afina._C.Tensor, kernel: afina._C.Tensor, recurrent_kernel: afina._C.Tensor, bias: afina._C.Tensor | None = None, initial_h: afina._C.Tensor | None = None, mask: afina._C.Tensor | None = None, recurrent_scale: afina._C.Tensor | None = None, go_backwards: bool = False, activation: str = 'tanh') -> typing.Annotated[list[afina._C.Tensor], "FixedSize(2)"]:
    """
    h = activation(x_t kernel + h recurrent_kernel + bias) over x (batch, steps, inputs); returns (every h, the last h). mask and recurrent_scale as in lstm.
    """
def sin(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    The sine of x in radians.
    """
def slice(x: afina._C.Tensor, starts: collections.abc.Sequence[int], stops: collections.abc.Sequence[int], steps: collections.abc.Sequence[int]) -> afina._C.Tensor:
    """
    x[starts:stops:steps], one triple per leading axis, clipped like Python's slices; x[...] writes it shorter.
    """
def softmax(x: afina._C.Tensor, axis: int = -1) -> afina._C.Tensor:
    """
    exp(x - max) / sum(exp(x - max)) along `axis`.
    """
def softplus(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    log(1 + e^x).
    """
def softsign(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    x / (1 + |x|).
    """
def sort(x: afina._C.Tensor, axis: int = -1, descending: bool = False) -> afina._C.Tensor:
    """
    The elements along `axis` from the smallest on (`descending`: the largest); NaN is the largest.
    """
def sparse_categorical_crossentropy(labels: afina._C.Tensor, y_pred: afina._C.Tensor, from_logits: bool = False, ignore_class: int | None = None, reduction: str = 'mean', sample_weight: afina._C.Tensor | None = None) -> afina._C.Tensor:
    """
    -log(p[label]) over the last axis, p as in categorical_crossentropy; rows labelled ignore_class cost nothing and are not counted by the mean.
    """
def sqrt(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    The square root.
    """
def square(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    x^2, element by element.
    """
def squeeze(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None) -> afina._C.Tensor:
    """
    x without the given axes of size one (None: all of them).
    """
def stack(tensors: collections.abc.Sequence[afina._C.Tensor], axis: int = 0) -> afina._C.Tensor:
    """
    The tensors, all of one shape, along a new axis.
    """
def std(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False, ddof: int = 0) -> afina._C.Tensor:
    """
    The square root of var; its slope is infinite where var is 0.
    """
def subtract(a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    a - b, element by element.
    """
def sum(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False) -> afina._C.Tensor:
    """
    The sum over the axes (None: all); of integers and bool as int64, of nothing 0.
    """
def take_along_axis(x: afina._C.Tensor, indices: afina._C.Tensor, axis: int) -> afina._C.Tensor:
    """
    x[..., indices[..., i, ...], ...] along `axis`; the other sizes of x and indices agree.
    """
def tanh(x: afina._C.Tensor) -> afina._C.Tensor:
    """
    The hyperbolic tangent.
    """
def top_k(x: afina._C.Tensor, k: int) -> typing.Annotated[list[afina._C.Tensor], "FixedSize(2)"]:
    """
    (values, indices) of the k largest elements of the last axis, the largest first; of equals the first ones.
    """
def transpose(x: afina._C.Tensor, axes: collections.abc.Sequence[int] | None = None) -> afina._C.Tensor:
    """
    Axis k of the result is axis axes[k] of x; None reverses the axes.
    """
def truncated_normal(shape: tuple[int, ...], mean: float = 0.0, stddev: float = 1.0, dtype: str | type = 'float32', seed: tuple[int, int] | None = None) -> afina._C.Tensor:
    """
    Normal numbers at most two stddev from the mean; seed: (seed, stream) or None.
    """
def var(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False, ddof: int = 0) -> afina._C.Tensor:
    """
    sum((x - mean)^2) / (n - ddof) over the axes (None: all).
    """
def where(condition: afina._C.Tensor, a: afina._C.Tensor | float, b: afina._C.Tensor | float) -> afina._C.Tensor:
    """
    condition ? a : b, element by element, the three broadcast together.
    """
