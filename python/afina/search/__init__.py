"""Hyperparameter search: spaces, engines, goals with constraints, trials that can be resumed."""

from .engines import (
    CoarseToFine as CoarseToFine,
    Engine as Engine,
    Grid as Grid,
    Proposal as Proposal,
    Random as Random,
    SuccessiveHalving as SuccessiveHalving,
)
from .goal import Constraint as Constraint, Goal as Goal, select as select
from .lambda_path import LAMBDAS as LAMBDAS, LambdaPath as LambdaPath, lambda_path as lambda_path
from .optuna_engine import Optuna as Optuna
from .result import SearchResult as SearchResult
from .run import run as run
from .spaces import (
    PRIORITIES as PRIORITIES,
    Beta as Beta,
    Choice as Choice,
    Linear as Linear,
    Log as Log,
    Space as Space,
    default_space as default_space,
)
from .training import Training as Training
from .trial import Outcome as Outcome, Trial as Trial
