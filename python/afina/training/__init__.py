"""The training loop: compile, fit, evaluate, predict, and resuming exactly where a run stopped."""

from .trainer import Trainer as Trainer
