"""Transfer learning: a trained network put to another task."""

from ..optimizers.layer_rates import (
    AdaptiveLayerRates as AdaptiveLayerRates,
    LayerRates as LayerRates,
    Multipliers as Multipliers,
)
from .compare import (
    EVERY as EVERY,
    Comparison as Comparison,
    ModeResult as ModeResult,
    compare_modes as compare_modes,
)
from .freezing import freeze as freeze, unfreeze as unfreeze
from .recommend import Recommendation as Recommendation, recommend as recommend
from .similarity import similarity as similarity
from .stages import Stage as Stage, gradual as gradual, head_then_middle as head_then_middle
from .transfer import MODES as MODES, Transfer as Transfer
