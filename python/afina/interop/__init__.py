"""Files of other libraries, read as data: nothing in them is ever executed."""

from .numpy_pickle import read_array_pickle as read_array_pickle
from .torch_file import read_state_dict as read_state_dict, read_torch as read_torch
