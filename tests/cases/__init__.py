"""THE CASES: one per op of the table, one file per family."""

import importlib
import pkgutil

from cases.case import Case

CASES: list[Case] = [
    case
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name != "case")
    for case in importlib.import_module(f"cases.{module}").CASES
]
