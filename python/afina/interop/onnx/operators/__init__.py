"""The operators, family by family; importing this package fills the table of `registry`."""

from . import (
    activation as activation,
    comparison as comparison,
    control as control,
    convolution as convolution,
    elementwise as elementwise,
    indexing as indexing,
    linear as linear,
    loss as loss,
    making as making,
    normalization as normalization,
    pooling as pooling,
    quantization as quantization,
    recurrent as recurrent,
    reduction as reduction,
    resizing as resizing,
    sequence as sequence,
    shape as shape,
    signal as signal,
    training as training,
)
