"""Models: chains, graphs and subclasses, with training and a table of their layers."""

from .clone import clone_model as clone_model
from .model import Functional as Functional, Model as Model
from .plot import model_to_dot as model_to_dot, plot_model as plot_model
from .saving import load_model as load_model
from .sequential import Sequential as Sequential
