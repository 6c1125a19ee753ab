"""The optimizers' recurrences in NumPy, float64, as the papers and the lectures write them."""

import numpy as np


def sgd(g, s, t, *, lr, m=0.0, style="heavyball", nesterov=False):
    v = s.setdefault("v", np.zeros_like(g))
    if m == 0.0:
        return -lr * g
    if style == "heavyball":
        v[:] = m * v - lr * g
        return m * v - lr * g if nesterov else v
    fresh = (1 - m) * g if style == "ema" else g
    v[:] = m * v + fresh
    return -lr * (m * v + fresh if nesterov else v)


def rmsprop(g, s, t, *, lr, rho, eps, m=0.0, centered=False, inside=False):
    mean_square = s.setdefault("s", np.zeros_like(g))
    mean = s.setdefault("g", np.zeros_like(g))
    v = s.setdefault("v", np.zeros_like(g))
    mean_square[:] = rho * mean_square + (1 - rho) * g**2
    mean[:] = rho * mean + (1 - rho) * g
    variance = mean_square - mean**2 if centered else mean_square
    step = lr * g / (np.sqrt(variance + eps) if inside else np.sqrt(variance) + eps)
    if m:
        v[:] = m * v + step
        return -v
    return -step


def adam(g, s, t, *, lr, b1=0.9, b2=0.999, eps=1e-8, amsgrad=False):
    m, v = s.setdefault("m", np.zeros_like(g)), s.setdefault("v", np.zeros_like(g))
    largest = s.setdefault("l", np.zeros_like(g))
    m[:] = b1 * m + (1 - b1) * g
    v[:] = b2 * v + (1 - b2) * g**2
    largest[:] = np.maximum(largest, v)
    used = largest if amsgrad else v
    return -lr * (m / (1 - b1**t)) / (np.sqrt(used / (1 - b2**t)) + eps)


def adadelta(g, s, t, *, lr, rho=0.95, eps=1e-7):
    mean_square, mean_delta = s.setdefault("s", np.zeros_like(g)), s.setdefault("u", np.zeros_like(g))
    mean_square[:] = rho * mean_square + (1 - rho) * g**2
    delta = g * np.sqrt(mean_delta + eps) / np.sqrt(mean_square + eps)
    mean_delta[:] = rho * mean_delta + (1 - rho) * delta**2
    return -lr * delta


def adagrad(g, s, t, *, lr, start=0.1, eps=1e-7):
    total = s.setdefault("a", np.full_like(g, start))
    total += g**2
    return -lr * g / (np.sqrt(total) + eps)
