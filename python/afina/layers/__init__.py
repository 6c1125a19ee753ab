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
from .borders import (
    Cropping1D as Cropping1D,
    Cropping2D as Cropping2D,
    ZeroPadding1D as ZeroPadding1D,
    ZeroPadding2D as ZeroPadding2D,
)
from .convolution import (
    Conv1D as Conv1D,
    Conv2D as Conv2D,
    Convolution1D as Convolution1D,
    Convolution2D as Convolution2D,
)
from .dense import Dense as Dense
from .depthwise_convolution import (
    DepthwiseConv1D as DepthwiseConv1D,
    DepthwiseConv2D as DepthwiseConv2D,
    SeparableConv1D as SeparableConv1D,
    SeparableConv2D as SeparableConv2D,
    SeparableConvolution1D as SeparableConvolution1D,
    SeparableConvolution2D as SeparableConvolution2D,
)
from .dropout import (
    Dropout as Dropout,
    GaussianDropout as GaussianDropout,
    GaussianNoise as GaussianNoise,
    SpatialDropout1D as SpatialDropout1D,
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
    AveragePooling1D as AveragePooling1D,
    AveragePooling2D as AveragePooling2D,
    AvgPool1D as AvgPool1D,
    AvgPool2D as AvgPool2D,
    GlobalAveragePooling1D as GlobalAveragePooling1D,
    GlobalAveragePooling2D as GlobalAveragePooling2D,
    GlobalAvgPool1D as GlobalAvgPool1D,
    GlobalAvgPool2D as GlobalAvgPool2D,
    GlobalMaxPool1D as GlobalMaxPool1D,
    GlobalMaxPool2D as GlobalMaxPool2D,
    GlobalMaxPooling1D as GlobalMaxPooling1D,
    GlobalMaxPooling2D as GlobalMaxPooling2D,
    MaxPool1D as MaxPool1D,
    MaxPool2D as MaxPool2D,
    MaxPooling1D as MaxPooling1D,
    MaxPooling2D as MaxPooling2D,
)
from .preprocessing import (
    CenterCrop as CenterCrop,
    MelSpectrogram as MelSpectrogram,
    MinMaxNormalization as MinMaxNormalization,
    Normalization as Normalization,
    PreparedImages as PreparedImages,
    Resizing as Resizing,
    STFTSpectrogram as STFTSpectrogram,
)
from .recurrent import (
    GRU as GRU,
    LSTM as LSTM,
    RNN as RNN,
    Bidirectional as Bidirectional,
    GRUCell as GRUCell,
    LSTMCell as LSTMCell,
    SimpleRNN as SimpleRNN,
    SimpleRNNCell as SimpleRNNCell,
    StackedRNNCells as StackedRNNCells,
)
from .reshaping import (
    Flatten as Flatten,
    Permute as Permute,
    RepeatVector as RepeatVector,
    Reshape as Reshape,
)
from .simple import ActivityRegularization as ActivityRegularization, Rescaling as Rescaling
from .soft_sharing import SoftSharing as SoftSharing
from .symbolic import KerasTensor as KerasTensor, SymbolicTensor as SymbolicTensor
from .time_distributed import TimeDistributed as TimeDistributed
from .transposed_convolution import (
    Conv1DTranspose as Conv1DTranspose,
    Conv2DTranspose as Conv2DTranspose,
    Convolution1DTranspose as Convolution1DTranspose,
    Convolution2DTranspose as Convolution2DTranspose,
)
from .upsampling import (
    UpSampling1D as UpSampling1D,
    UpSampling2D as UpSampling2D,
)

BatchNorm = BatchNormalization
input = Input  # the lower-case spelling of an older listing
