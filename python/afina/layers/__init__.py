"""Layers: functions with weights, under Keras's names."""

from .activation import (
    ELU as ELU,
    Activation as Activation,
    LeakyReLU as LeakyReLU,
    PReLU as PReLU,
    ReLU as ReLU,
    Softmax as Softmax,
)
from .attention import AdditiveAttention as AdditiveAttention, Attention as Attention
from .augmentation import (
    Pipeline as Pipeline,
    RandomBrightness as RandomBrightness,
    RandomChannelShift as RandomChannelShift,
    RandomContrast as RandomContrast,
    RandomCrop as RandomCrop,
    RandomElasticTransform as RandomElasticTransform,
    RandomErasing as RandomErasing,
    RandomFlip as RandomFlip,
    RandomNoise as RandomNoise,
    RandomPCAColor as RandomPCAColor,
    RandomRotation as RandomRotation,
    RandomShear as RandomShear,
    RandomTranslation as RandomTranslation,
    RandomZoom as RandomZoom,
    SpecAugment as SpecAugment,
)
from .convolution import (
    Conv2D as Conv2D,
    Convolution2D as Convolution2D,
    DepthwiseConv2D as DepthwiseConv2D,
    SeparableConv2D as SeparableConv2D,
    SeparableConvolution2D as SeparableConvolution2D,
)
from .dense import Dense as Dense
from .dropout import (
    Dropout as Dropout,
    GaussianDropout as GaussianDropout,
    GaussianNoise as GaussianNoise,
    SpatialDropout2D as SpatialDropout2D,
)
from .embedding import Embedding as Embedding
from .input import Input as Input, InputLayer as InputLayer
from .input_spec import InputSpec as InputSpec
from .lambda_layer import Lambda as Lambda
from .layer import Layer as Layer
from .masking import Masking as Masking
from .merging import (
    Add as Add,
    Average as Average,
    Concatenate as Concatenate,
    Dot as Dot,
    Maximum as Maximum,
    Minimum as Minimum,
    Multiply as Multiply,
    Subtract as Subtract,
    add as add,
    average as average,
    concatenate as concatenate,
    dot as dot,
    maximum as maximum,
    minimum as minimum,
    multiply as multiply,
    subtract as subtract,
)
from .multi_head_attention import MultiHeadAttention as MultiHeadAttention
from .normalization import (
    BatchNormalization as BatchNormalization,
    GroupNormalization as GroupNormalization,
    InstanceNormalization as InstanceNormalization,
    LayerNormalization as LayerNormalization,
    UnitNormalization as UnitNormalization,
)
from .operation import Operation as Operation, Slice as Slice
from .pooling import (
    AveragePooling2D as AveragePooling2D,
    AvgPool2D as AvgPool2D,
    GlobalAveragePooling2D as GlobalAveragePooling2D,
    GlobalAvgPool2D as GlobalAvgPool2D,
    GlobalMaxPool2D as GlobalMaxPool2D,
    GlobalMaxPooling2D as GlobalMaxPooling2D,
    MaxPool2D as MaxPool2D,
    MaxPooling2D as MaxPooling2D,
)
from .preprocessing import (
    CenterCrop as CenterCrop,
    MelSpectrogram as MelSpectrogram,
    MinMaxNormalization as MinMaxNormalization,
    Normalization as Normalization,
    Resizing as Resizing,
    STFTSpectrogram as STFTSpectrogram,
)
from .recurrent import (
    LSTM as LSTM,
    RNN as RNN,
    LSTMCell as LSTMCell,
    StackedRNNCells as StackedRNNCells,
)
from .reshaping import (
    Cropping2D as Cropping2D,
    Flatten as Flatten,
    Permute as Permute,
    RepeatVector as RepeatVector,
    Reshape as Reshape,
    UpSampling2D as UpSampling2D,
    ZeroPadding2D as ZeroPadding2D,
)
from .simple import ActivityRegularization as ActivityRegularization, Rescaling as Rescaling
from .soft_sharing import SoftSharing as SoftSharing
from .symbolic import KerasTensor as KerasTensor, SymbolicTensor as SymbolicTensor

BatchNorm = BatchNormalization
input = Input  # the lower-case spelling of an older listing
