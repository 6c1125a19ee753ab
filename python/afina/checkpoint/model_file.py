"""Models and weights in files: configuration as JSON, weights as checksummed tensors, never code.

A model is rebuilt from classes of the registry alone: those of Afina, those the program registered, and those
given as `custom_objects`. Weights are matched by name and shape, and all of them must match.
"""

from __future__ import annotations

import os
import re
import warnings
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import AfinaError, ArgumentError, FileFormatError, NotBuiltError
from ..layers.naming import snake_case
from ..layers.weights import WeightOwner, weight_budget
from ..parameter import Parameter
from ..registry import CustomObjects, deserialize, serialize
from .container import read_file, write_file

SHOWN = 8  # differences listed in an error


def save_model(model: Any, path: str | os.PathLike[str]) -> None:
    """Write configuration, weights and, of a compiled model, optimizer, loss and metrics by their
    configurations.

    The slots of the optimizer stay out: `fit(..., resume=folder)` is what continues a training bit for bit.
    Raises `NotBuiltError` before the weights exist, `ArgumentError` for what a configuration cannot name.
    """
    metadata = {
        "kind": "model",
        "afina": _version(),
        "model": serialize(model),
        "compile": _compile_config(model),
    }
    write_file(path, _arrays(model), metadata)


def read_model(
    path: str | os.PathLike[str], custom_objects: CustomObjects | None, *, with_compile: bool, strict: bool
) -> Any:
    """What `afina.models.load_model` returns."""
    from ..models.model import Model

    where = os.fspath(path)
    contents = read_file(path, strict=strict)
    metadata = contents.metadata
    if metadata.get("kind") != "model":
        raise FileFormatError(
            f"{where}: holds {metadata.get('kind')!r}; load_model reads files of model.save"
        )
    size = sum(array.nbytes for array in contents.tensors.values())
    try:
        with weight_budget(size, where):
            model = deserialize(metadata.get("model"), custom_objects)
    except AfinaError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise FileFormatError(
            f"{where}: its configuration builds no model ({type(error).__name__}: {error})"
        ) from error
    if not isinstance(model, Model):
        raise FileFormatError(f"{where}: its configuration is a {type(model).__name__}, not a model")
    if not model.weights and contents.tensors:
        raise NotBuiltError(
            f"{where}: {model.label} has no input shape in its configuration, so its weights have no place: "
            "make the model, call it on data and use load_weights"
        )
    _assign(model, contents.tensors, where)
    settings = metadata.get("compile")
    if with_compile and settings is not None:
        model.compile(**deserialize(settings, custom_objects))
    return model


def save_weights(model: Any, path: str | os.PathLike[str]) -> None:
    """Write the weights alone, by name. Raises `NotBuiltError` before they exist."""
    write_file(path, _arrays(model), {"kind": "weights", "afina": _version()})


def load_weights(model: Any, path: str | os.PathLike[str], *, strict: bool = False) -> None:
    """Overwrite the weights of a built model by those of `save_weights` or `save`.

    Names and shapes must agree, all of them; automatic names (`dense_4`) count by their order in the model,
    so a model built a second time fits. Nothing is changed when something differs; the `ArgumentError` lists
    what.
    """
    where = os.fspath(path)
    contents = read_file(path, strict=strict)
    if contents.metadata.get("kind") not in {"model", "weights"}:
        raise FileFormatError(f"{where}: holds {contents.metadata.get('kind')!r}, not the weights of a model")
    if not model.weights and contents.tensors:
        raise NotBuiltError(
            f"{where}: {model.label} has no weights yet; call it on data or build(shape) first"
        )
    _assign(model, contents.tensors, where)


def weight_names(model: WeightOwner) -> dict[str, Parameter]:
    """Every weight by its name in files: `layer/weight`, automatic layer names counted from the start of the
    model.
    """
    counts: Counter[str] = Counter()
    named: dict[str, Parameter] = {}
    seen: set[int] = set()
    for layer in model.flatten_layers():
        word = snake_case(type(layer).__name__)
        automatic = re.fullmatch(rf"{re.escape(word)}(_[0-9]+)?", layer.name) is not None
        name = layer.name
        if automatic:
            name = word if counts[word] == 0 else f"{word}_{counts[word]}"
            counts[word] += 1
        for weight in layer._assigned_weights():
            if id(weight) in seen:
                continue
            seen.add(id(weight))
            base = f"{name}/{weight.name}"
            unique, number = base, 2
            while unique in named:
                unique, number = f"{base}#{number}", number + 1
            named[unique] = weight
    return named


def _arrays(model: Any) -> dict[str, npt.NDArray[Any]]:
    if not model.built and not model.weights:
        raise NotBuiltError(
            f"{model.label}: cannot be saved before it has weights; call it on data or build(shape)"
        )
    return {name: weight.numpy() for name, weight in weight_names(model).items()}


def _assign(model: Any, arrays: dict[str, npt.NDArray[Any]], where: str) -> None:
    named = weight_names(model)
    differences = [
        f"the file lacks {name} {weight.shape}" for name, weight in named.items() if name not in arrays
    ]
    differences += [
        f"the model lacks {name} {array.shape}" for name, array in arrays.items() if name not in named
    ]
    for name, weight in named.items():
        array = arrays.get(name)
        if array is not None and (array.shape != weight.shape or array.dtype != np.dtype(weight.dtype)):
            differences.append(
                f"{name} is {array.dtype} {array.shape} in the file and {weight.dtype} {weight.shape} here"
            )
    if differences:
        more = f"; and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
        raise ArgumentError(
            f"{where}: weights unlike those of {model.label}: {'; '.join(differences[:SHOWN])}{more}"
        )
    for name, weight in named.items():
        weight.assign(arrays[name])


def _compile_config(model: Any) -> dict[str, Any] | None:
    compiled = getattr(model, "_compiled", None)
    if compiled is None:
        return None
    names = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
    try:
        return {name: serialize(getattr(compiled, name)) for name in names}
    except ArgumentError as error:
        warnings.warn(
            f"{model.label} is saved without what compile was given: {error}", UserWarning, stacklevel=4
        )
        return None


def _version() -> str:
    from .._C import __version__

    return str(__version__)
