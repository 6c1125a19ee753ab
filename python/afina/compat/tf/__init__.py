"""The parts of TensorFlow 1 that listings use: `tf.layers.conv2d(...)`, `tf.nn.relu`.

import afina.compat.tf as tf
"""

from . import layers as layers, nn as nn
