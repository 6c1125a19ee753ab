"""Torch's spelling of networks: channels first, sizes in and out by position, weights at once.

    from afina.compat import nn
    model = nn.Sequential(nn.Conv2d(1, 20, 5), nn.ReLU())

The modules are layers of this library underneath: they train by `compile` and `fit`, or in a loop of one's
own by `loss.backward()`. Weights begin as torch's do, uniform in +- 1 / sqrt(fan in), and are stored as
Keras's: kernel, bias. `train()` and `eval()` choose the mode of a direct call; it begins as training, as in
torch.
"""

from .losses import (
    BCELoss as BCELoss,
    BCEWithLogitsLoss as BCEWithLogitsLoss,
    CrossEntropyLoss as CrossEntropyLoss,
    L1Loss as L1Loss,
    MSELoss as MSELoss,
)
from .module import Module as Module, Sequential as Sequential
from .modules import (
    ELU as ELU,
    GELU as GELU,
    AvgPool2d as AvgPool2d,
    BatchNorm1d as BatchNorm1d,
    BatchNorm2d as BatchNorm2d,
    Conv2d as Conv2d,
    Dropout as Dropout,
    Embedding as Embedding,
    Flatten as Flatten,
    Identity as Identity,
    LeakyReLU as LeakyReLU,
    Linear as Linear,
    MaxPool2d as MaxPool2d,
    ReLU as ReLU,
    Sigmoid as Sigmoid,
    SiLU as SiLU,
    Softmax as Softmax,
    Tanh as Tanh,
)
from .recurrent import RNN as RNN
