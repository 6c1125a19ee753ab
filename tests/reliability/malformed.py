"""The table of malformed calls, generated: a new op, layer, loss or argument is in it without being named."""

from __future__ import annotations

from malformed_case import Malformed
from malformed_classes import class_cases
from malformed_models import model_cases
from malformed_ops import op_cases
from malformed_uses import use_cases


def all_cases() -> list[Malformed]:
    """The same list, in the same order, in every process."""
    return [*op_cases(), *class_cases(), *use_cases(), *model_cases()]
