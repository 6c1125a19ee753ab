"""Networks that others have trained on ImageNet, built from the layers of this library.

Every function returns a plain `Model` with Keras's arguments; `weights="imagenet"` finds the published file
on this machine or downloads it. Every module has `preprocess_input` and `decode_predictions`; `prepare` does
all that a photo needs for a given model.
"""

from . import (
    efficientnet_lite as efficientnet_lite,
    imagenet as imagenet,
    inception_resnet_v2 as inception_resnet_v2,
    mobilenet_v2 as mobilenet_v2,
    resnet as resnet,
    squeezenet as squeezenet,
    vgg as vgg,
)
from .efficientnet_lite import (
    EfficientNetLite0 as EfficientNetLite0,
    EfficientNetLite1 as EfficientNetLite1,
    EfficientNetLite2 as EfficientNetLite2,
)
from .imagenet import class_names as class_names, decode_predictions as decode_predictions
from .inception_resnet_v2 import InceptionResNetV2 as InceptionResNetV2
from .mobilenet_v2 import MobileNetV2 as MobileNetV2
from .prepare import prepare as prepare
from .resnet import ResNet18 as ResNet18, ResNet50 as ResNet50
from .squeezenet import SqueezeNet as SqueezeNet
from .vgg import VGG16 as VGG16, VGG19 as VGG19
