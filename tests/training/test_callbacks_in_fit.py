"""When callbacks are called, and what they may do to a training."""

import pytest

from afina import optimizers
from afina.callbacks import Callback, EarlyStopping, LambdaCallback

from .conftest import classifier

SPARSE = "sparse_categorical_crossentropy"


def test_callbacks_are_called_in_order(data):
    events = []
    hooks = [name for name in dir(Callback) if name.startswith("on_") and "predict" not in name]
    spy = LambdaCallback(**{hook: lambda *_, hook=hook: events.append(hook[3:]) for hook in hooks})
    model = classifier()
    model.compile("sgd", SPARSE)
    model.fit(*data, batch_size=48, verbose=0, validation_data=data, callbacks=[spy])
    batches = ["train_batch_begin", "gradients", "train_batch_end"] * 2
    tests = ["test_begin", *(["test_batch_begin", "test_batch_end"] * 2), "test_end"]
    assert events == ["train_begin", "epoch_begin", *batches, *tests, "epoch_end", "train_end"]


def test_a_callback_stops_training_and_early_stopping_restores_the_best_weights(data):
    x, y = data
    model = classifier()
    model.compile(optimizers.SGD(0.5), SPARSE)
    stop = EarlyStopping(patience=3, restore="best")
    wrong = (y + 1) % 3  # the better the model learns, the worse it does on these
    history = model.fit(x, y, epochs=50, verbose=0, validation_data=(x, wrong), callbacks=stop)
    costs = history.history["val_loss"]
    assert len(costs) < 50
    assert model.evaluate(x, wrong, verbose=0) == pytest.approx(min(costs), rel=1e-6)


def test_validation_within_an_epoch_leaves_the_epochs_own_numbers_alone(data):
    x, y = data
    found = []
    for options in ({}, {"callbacks": EarlyStopping(patience=99, every_n_steps=1)}):
        model = classifier()
        model.compile("sgd", SPARSE, metrics=["accuracy"])
        found.append(
            model.fit(x, y, batch_size=16, epochs=2, verbose=0, validation_data=(x[:9], y[:9]), **options)
        )
    assert found[0].history == found[1].history


def test_ctrl_c_leaves_the_library_usable(data):
    def interrupt(batch, logs):
        if batch == 1:
            raise KeyboardInterrupt

    model = classifier()
    model.compile("adam", SPARSE)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data, batch_size=16, verbose=0, callbacks=[LambdaCallback(on_train_batch_end=interrupt)])
    with pytest.raises(KeyboardInterrupt):
        model.evaluate(
            *data, verbose=0, callbacks=[LambdaCallback(on_test_batch_end=interrupt)], batch_size=16
        )
    history = model.fit(*data, epochs=2, verbose=0)
    assert history.history["loss"][1] < history.history["loss"][0]
