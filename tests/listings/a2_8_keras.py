from afina.layers import Activation, Dense
model.add(Dense(64, activation='relu'))
