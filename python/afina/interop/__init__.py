"""Files of other libraries, read as data: nothing in them is ever executed."""

from .torch_file import read_state_dict as read_state_dict, read_torch as read_torch
