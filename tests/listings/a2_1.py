# BatchNormalization after Conv2D and Dense.  Given: conv_model, dense_model.
from afina import layers

conv_model.add(layers.Conv2D(32, 3, activation='relu'))
conv_model.add(layers.BatchNormalization())
dense_model.add(layers.Dense(32, activation='relu'))
dense_model.add(layers.BatchNormalization())
