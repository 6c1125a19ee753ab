# Network, optimizers, training.  Given: train_images, train_labels, test_images, test_labels, choice.
from afina import models
from afina import layers
network = models.Sequential()
network.add(layers.Dense(512, activation='relu', input_shape=(28 * 28,)))
network.add(layers.Dense(10, activation='softmax'))

from afina import optimizers
if choice == "sgd":
    algo = optimizers.SGD(lr = 0.01, momentum = 0.9, decay = 0.0)
if choice == "rmsprop":
    algo = optimizers.RMSProp(lr = 0.001, rho = 0.99, decay = 0.0)
if choice == "adam":
    algo = optimizers.Adam(lr=0.001, beta_1=0.9, beta_2=0.999)
network.compile(optimizer=algo, loss='categorical_crossentropy', metrics=['accuracy'])
network.fit(train_images, train_labels, epochs=5, batch_size=128, verbose=verbose)
test_loss, test_acc = network.evaluate(test_images, test_labels, verbose=verbose)
