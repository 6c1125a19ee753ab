"""Recurrent layers and their cells."""

from .cell import RecurrentCell as RecurrentCell
from .lstm import LSTM as LSTM, LSTMCell as LSTMCell
from .rnn import RNN as RNN
from .stacked import StackedRNNCells as StackedRNNCells
