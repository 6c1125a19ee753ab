"""What is wrong with a model, and what to do next."""

from ..training.memory import batch_memory as batch_memory
from .collapse import collapse_linear as collapse_linear
from .confusion import (
    Confusion as Confusion,
    confusion_matrix as confusion_matrix,
    most_confused as most_confused,
    worst_examples as worst_examples,
)
from .errors_by_tag import TagTable as TagTable, tag_table as tag_table
from .gaps import Diagnosis as Diagnosis, diagnose as diagnose
from .health_advice import Finding as Finding, health_advice as health_advice
from .health_log import HealthLog as HealthLog
from .layer_health import (
    LayerHealth as LayerHealth,
    dead_units as dead_units,
    gradient_ratio as gradient_ratio,
    layer_health as layer_health,
)
from .learning_rate_range import (
    RangeTest as RangeTest,
    learning_rate_range_test as learning_rate_range_test,
)
from .overfit_check import OverfitCheck as OverfitCheck, overfit_check as overfit_check
from .report import write_report as write_report
from .run_log import RunLog as RunLog
