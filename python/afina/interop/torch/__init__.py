"""torch modules as models, back to state dicts, and optimizers for torch's parameters over our kernels."""

from . import optim as optim
from .conversion import (
    convert as convert,
    load_state_dict as load_state_dict,
    state_dict as state_dict,
)
from .model import TorchModel as TorchModel
