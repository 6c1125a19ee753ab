"""One row per layer: how it is made, and the shape of inputs it is tried on."""

import numpy as np

from afina import layers

IMAGES = (2, 6, 6, 4)
ROWS = (3, 5)
SEQUENCES = (2, 4, 3)

AUGMENTATIONS = [
    (layers.RandomFlip("horizontal", seed=3), IMAGES),
    (layers.RandomRotation((-0.1, 0.2), "constant", "nearest", fill_value=0.5), IMAGES),
    (layers.RandomTranslation(0.2, (0.1, 0.3), "wrap"), IMAGES),
    (layers.RandomZoom(0.2, (-0.3, 0.1), "nearest"), IMAGES),
    (layers.RandomShear(0.3, 0.1, data_format="channels_first"), IMAGES),
    (layers.RandomCrop(3, 2), IMAGES),
    (layers.RandomElasticTransform(0.7, (0.5, 1.5), sigma=2.0), IMAGES),
    (layers.RandomBrightness((-0.1, 0.2), (-9, 9)), IMAGES),
    (layers.RandomContrast((0.2, 0.3), (-9.0, 9.0)), IMAGES),
    (layers.RandomChannelShift(0.1, (-9, 9)), IMAGES),
    (layers.RandomNoise(0.1, (-9, 9)), IMAGES),
    (layers.RandomPCAColor(0.1, (-9, 9)), IMAGES),
    (layers.RandomErasing(0.8, (0.1, 0.2), 0.5), IMAGES),
    (layers.SpecAugment(2, 3, time_warp=1, fill_value=0.5, seed=2), IMAGES),
    (layers.Pipeline([layers.RandomFlip(), layers.RandomRotation(0.1), layers.RandomCrop(4, 4)]), IMAGES),
]

CASES = [
    (layers.Dense(3, "relu", kernel_regularizer="l2", kernel_constraint="max_norm"), ROWS),
    (layers.Dense(3, layers.LeakyReLU(0.1), use_bias=False, kernel_initializer="he_normal"), ROWS),
    (layers.Conv2D(3, (3, 2), 2, "same", activation="gelu", groups=1), IMAGES),
    (layers.DepthwiseConv2D(3, depth_multiplier=2, activation="tanh"), IMAGES),
    (layers.SeparableConv2D(5, 3, activation="relu"), IMAGES),
    (layers.MaxPooling2D((2, 3), 1, "same"), IMAGES),
    (layers.AveragePooling2D(), IMAGES),
    (layers.GlobalAveragePooling2D(keepdims=True), IMAGES),
    (layers.GlobalMaxPooling2D(), IMAGES),
    (layers.Flatten(), IMAGES),
    (layers.Reshape((-1, 2)), IMAGES),
    (layers.Permute((2, 1, 3)), IMAGES),
    (layers.RepeatVector(3), ROWS),
    (layers.ZeroPadding2D(((1, 2), (0, 1))), IMAGES),
    (layers.Cropping2D(1), IMAGES),
    (layers.UpSampling2D(2), IMAGES),
    (layers.Activation("silu"), ROWS),
    (layers.ReLU(6.0, 0.1, 0.5), ROWS),
    (layers.LeakyReLU(0.2), ROWS),
    (layers.ELU(0.7), ROWS),
    (layers.Softmax(axis=1), ROWS),
    (layers.PReLU(shared_axes=[1, 2]), IMAGES),
    (layers.Dropout(0.3, seed=4, mode="classic"), ROWS),
    (layers.Dropout(keep_prob=0.8), ROWS),
    (layers.SpatialDropout2D(0.3, mode="classic"), IMAGES),
    (layers.GaussianNoise(0.3), ROWS),
    (layers.GaussianDropout(0.3), ROWS),
    (layers.BatchNormalization(momentum=0.8, scale=False, trainable=False), IMAGES),
    (layers.LayerNormalization(axis=(1, 2)), IMAGES),
    (layers.InstanceNormalization(), IMAGES),
    (layers.GroupNormalization(2), IMAGES),
    (layers.UnitNormalization(), ROWS),
    (layers.Rescaling(0.5, 1.0), ROWS),
    (layers.Resizing(3, 8, pad_to_aspect_ratio=True, fill_value=0.3), IMAGES),
    (layers.CenterCrop(3, 4), IMAGES),
    (layers.STFTSpectrogram("psd", 16, 8, 24, expand_dims=True), (2, 40)),
    (layers.MelSpectrogram(16, 8, sampling_rate=8000, num_mel_bins=4, top_db=300.0), (2, 40)),
    (layers.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=2.0), IMAGES),
    (layers.MinMaxNormalization(feature_range=(-1.0, 1.0), minimum=0.0, maximum=[2.0] * 5), ROWS),
    (layers.ActivityRegularization(l1=0.1, l2=0.2), ROWS),
    (layers.Masking(0.5), SEQUENCES),
    (layers.LSTM(3, recurrent_regularizer="l2", go_backwards=True, use_cudnn=False), SEQUENCES),
    (layers.Operation("power", operand=2.0), ROWS),
    (layers.Operation("subtract", operand=np.ones(5), reverse=True), ROWS),
    (layers.Slice((slice(None), slice(1, None, 2))), ROWS),
    *AUGMENTATIONS,
]
MERGES = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"]
