# A CNN, then transfer.  Given: input_shape, num_classes, x_train, ..., cat_train_x, ..., batch_size, epochs.
import afina as keras
from afina.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from afina.models import Sequential

model = Sequential()
model.add(Conv2D(32, kernel_size=(3, 3), activation='relu', data_format='channels_first', input_shape=input_shape))
model.add(Conv2D(64, (3, 3), activation='relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25)); model.add(Flatten())
model.add(Dense(128, activation='relu')); model.add(Dropout(0.5))
model.add(Dense(num_classes, activation='softmax'))
model.summary()
model.compile(loss=keras.losses.categorical_crossentropy, optimizer=keras.optimizers.Adadelta(), metrics=['accuracy'])
model.fit(x_train, y_train, batch_size=batch_size, epochs=epochs, verbose=1, validation_data=(x_test, y_test))
score = model.evaluate(x_test, y_test, verbose=0)
print('Test loss:', score[0]); print('Test accuracy:', score[1])
parameters_before = model.count_params()

for layer in model.layers: layer.trainable = False
modelTL = model
modelTL.pop()
modelTL.add(Dense(2, activation='softmax'))
modelTL.compile(loss=keras.losses.categorical_crossentropy, optimizer=keras.optimizers.Adadelta(), metrics=['accuracy'])
frozen_before = [weight.copy() for layer in modelTL.layers[:-1] for weight in layer.get_weights()]
modelTL.fit(cat_train_x, cat_train_y, batch_size=32, epochs=epochs, verbose=1, validation_data=(cat_test_x, cat_test_y))
score = modelTL.evaluate(cat_test_x, cat_test_y, verbose=0)
