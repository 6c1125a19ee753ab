"""Recurrent layers and their cells."""

from .bidirectional import Bidirectional as Bidirectional
from .cell import RecurrentCell as RecurrentCell
from .gru import GRU as GRU, GRUCell as GRUCell
from .lstm import LSTM as LSTM, LSTMCell as LSTMCell
from .rnn import RNN as RNN
from .simple_rnn import SimpleRNN as SimpleRNN, SimpleRNNCell as SimpleRNNCell
from .stacked import StackedRNNCells as StackedRNNCells
