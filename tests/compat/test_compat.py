"""TensorFlow 1's functions and torch's modules compute what their names promise."""

import numpy as np
import pytest

import afina
from afina import layers, models
from afina.compat import nn, tf
from afina.errors import ArgumentError, DTypeError, ShapeError


def test_a_network_of_tf_layers_trains():
    afina.utils.set_random_seed(0)
    x = layers.Input(shape=(8, 8, 1))
    y = tf.layers.conv2d(x, 4, [3, 3], activation=tf.nn.relu, name="first")
    y = tf.layers.max_pooling2d(y, [2, 2], 2)
    y = tf.layers.batch_normalization(y)
    y = tf.layers.average_pooling2d(y, (3, 3), (1, 1))
    y = tf.layers.dropout(tf.layers.flatten(y), 0.1)
    y = tf.layers.dense(y, 2, activation=tf.nn.softmax)
    model = models.Model(x, y)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 64)
    images = rng.normal(size=(64, 8, 8, 1)) + 2.0 * labels[:, None, None, None]
    assert model.fit(images, labels, epochs=12, verbose=0).history["accuracy"][-1] > 0.9
    assert model.get_layer("first").kernel.shape == (3, 3, 1, 4)


@pytest.mark.parametrize("name", ["relu", "relu6", "sigmoid", "tanh", "softmax", "elu", "selu", "softplus"])
def test_tf_nn_has_our_activations(name):
    assert getattr(tf.nn, name) is getattr(afina.activations, name)


def conv_reference(x, kernel, bias, stride, padding):
    """Channels-first convolution by its definition; kernel (kh, kw, c, f)."""
    x = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    kh, kw = kernel.shape[:2]
    rows = (x.shape[2] - kh) // stride[0] + 1
    columns = (x.shape[3] - kw) // stride[1] + 1
    out = np.empty((len(x), kernel.shape[3], rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i * stride[0] : i * stride[0] + kh, j * stride[1] : j * stride[1] + kw]
            out[:, :, i, j] = np.einsum("nchw,hwcf->nf", window, kernel) + bias
    return out


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), ((1, 2), (2, 0))])
def test_conv2d_is_channels_first_with_zeros_around(stride, padding, rng):
    module = nn.Conv2d(3, 5, (3, 2), stride, padding)
    x = rng.standard_normal((2, 3, 7, 8)).astype("float32")
    pair = [(v, v) if isinstance(v, int) else v for v in (stride, padding)]
    wanted = conv_reference(x, module.kernel.numpy(), module.bias.numpy(), *pair)
    np.testing.assert_allclose(module(x).numpy(), wanted, rtol=1e-4, atol=1e-5)


def test_weights_begin_as_torchs():
    afina.utils.set_random_seed(0)
    for module, fan in ((nn.Linear(400, 300), 400), (nn.Conv2d(16, 64, 5, groups=2), 8 * 25)):
        bound = fan**-0.5
        kernel = module.kernel.numpy()
        assert np.abs(kernel).max() <= bound
        assert kernel.std() == pytest.approx(bound / 3**0.5, rel=0.02)
        assert 0.5 * bound < np.abs(module.bias.numpy()).max() <= bound


def test_pooling_flattening_and_normalizing_follow_torch(rng):
    x = rng.standard_normal((2, 3, 6, 6)).astype("float32") - 5.0
    largest = nn.MaxPool2d(3, 2, 1)(x).numpy()
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    mean = nn.AvgPool2d(2)(x).numpy()
    np.testing.assert_allclose(mean, x.reshape(2, 3, 3, 2, 3, 2).mean((3, 5)), rtol=1e-5)
    for i in range(largest.shape[2]):
        for j in range(largest.shape[3]):
            window = padded[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
            np.testing.assert_array_equal(largest[:, :, i, j], window.max((2, 3)))
    np.testing.assert_array_equal(nn.Flatten()(x).numpy(), x.reshape(2, -1))
    np.testing.assert_array_equal(nn.Flatten(0, 1)(x).numpy(), x.reshape(6, 6, 6))
    norm = nn.BatchNorm2d(3)
    y = nn.Sequential(norm)(x).numpy()
    centred = (x - x.mean((0, 2, 3), keepdims=True)) / np.sqrt(x.var((0, 2, 3), keepdims=True) + 1e-5)
    np.testing.assert_allclose(y, centred, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(norm.moving_mean.numpy(), 0.1 * x.mean((0, 2, 3)), rtol=1e-4)
    assert nn.BatchNorm1d(4)(rng.standard_normal((8, 4)).astype("float32"), training=True).shape == (8, 4)


def test_activations_and_losses_follow_torch(rng):
    x = rng.standard_normal((4, 5)).astype("float32")
    formulas = {
        nn.ReLU(): np.maximum(x, 0), nn.LeakyReLU(): np.where(x > 0, x, 0.01 * x), nn.Tanh(): np.tanh(x),
        nn.Sigmoid(): 1 / (1 + np.exp(-x)), nn.ELU(): np.where(x > 0, x, np.expm1(x)), nn.Identity(): x,
        nn.Softmax(0): np.exp(x) / np.exp(x).sum(0), nn.SiLU(): x / (1 + np.exp(-x)),
    }  # fmt: skip
    for module, wanted in formulas.items():
        np.testing.assert_allclose(module(x).numpy(), wanted, rtol=1e-5, atol=1e-6)
    assert nn.GELU()(x).shape == x.shape
    labels = rng.integers(0, 5, 4)
    p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    assert nn.CrossEntropyLoss()(x, labels).item() == pytest.approx(
        -np.log(p[range(4), labels]).mean(), rel=1e-5
    )
    t = (rng.random((4, 5)) > 0.5).astype("float32")
    q = 1 / (1 + np.exp(-x))
    bce = -(t * np.log(q) + (1 - t) * np.log(1 - q))
    assert nn.BCEWithLogitsLoss()(x, t).item() == pytest.approx(bce.mean(), rel=1e-5)
    assert nn.BCELoss("sum")(q, t).item() == pytest.approx(bce.sum(), rel=1e-5)
    assert nn.MSELoss()(x, t).item() == pytest.approx(((x - t) ** 2).mean(), rel=1e-5)
    assert nn.L1Loss()(x, t).item() == pytest.approx(np.abs(x - t).mean(), rel=1e-5)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.5))
        self.head = nn.Linear(4 * 3 * 3, 2)

    def forward(self, x):
        return self.head(nn.Flatten()(self.features(x)))


def test_modes_of_a_module_reach_its_parts(rng):
    net = Net()
    x = rng.standard_normal((4, 1, 8, 8)).astype("float32")
    assert len(list(net.parameters())) == 4
    assert {name.rpartition("/")[2] for name, _ in net.named_parameters()} == {"kernel", "bias"}
    assert np.abs(net(x).numpy() - net(x).numpy()).max() > 0
    net.eval()
    np.testing.assert_array_equal(net(x).numpy(), net(x).numpy())
    assert net.train().training
    np.testing.assert_array_equal(net.predict(x, verbose=0), net.eval()(x).numpy())


def test_a_module_trains_in_a_loop_of_ones_own_and_by_fit():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 80)
    x = (rng.normal(size=(80, 1, 8, 8)) + y[:, None, None, None]).astype("float32")
    afina.utils.set_random_seed(0)
    net, loss, optimizer = Net(), nn.CrossEntropyLoss(), afina.optimizers.Adam(0.01)
    costs = []
    for _ in range(25):
        cost = loss(net(x), y)
        net.zero_grad()
        cost.backward()
        optimizer.apply_gradients((p.grad, p) for p in net.parameters())
        costs.append(cost.item())
    assert costs[-1] < 0.5 * costs[0]
    other = Net()
    other.compile(
        afina.optimizers.Adam(0.01), afina.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )  # fmt: skip
    other.fit(x, y, epochs=12, verbose=0)
    assert other.evaluate(x, y, verbose=0)[1] > 0.9
    assert (net.eval()(x).numpy().argmax(1) == y).mean() > 0.9


@pytest.mark.parametrize(("batch_first", "nonlinearity"), [(False, "tanh"), (True, "relu")])
def test_rnn_follows_its_recurrence(batch_first, nonlinearity, rng):
    module = nn.RNN(3, 4, num_layers=2, nonlinearity=nonlinearity, batch_first=batch_first)
    x = rng.standard_normal((5, 2, 3))
    start = rng.standard_normal((2, 2, 4))
    given = x.transpose(1, 0, 2) if batch_first else x
    outputs, last = module(given.astype("float32"), afina.tensor(start.astype("float32")))
    act = np.tanh if nonlinearity == "tanh" else lambda z: np.maximum(z, 0)
    h = x
    for number, layer in enumerate(module.chain):
        kernel, recurrent, bias = (w.astype("float64") for w in layer.get_weights())
        state, steps = start[number], []
        for step in h:
            state = act(step @ kernel + state @ recurrent + bias)
            steps.append(state)
        h = np.array(steps)
        np.testing.assert_allclose(last.numpy()[number], state, rtol=1e-4, atol=1e-5)
    wanted = h.transpose(1, 0, 2) if batch_first else h
    np.testing.assert_allclose(outputs.numpy(), wanted, rtol=1e-4, atol=1e-5)
    assert np.abs(module.chain[0].get_weights()[0]).max() <= 0.5
    assert module(given.astype("float32"))[0].shape == outputs.shape


def test_a_sequential_is_a_list_of_its_modules():
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    assert [type(part).__name__ for part in model] == ["Linear", "ReLU", "Linear"]
    assert model[2].out_features == 2
    assert len(model[:2]) == 2
    assert len(model.append(nn.Identity())) == 4
    table = nn.Embedding(10, 4)
    assert table([[1, 2]]).shape == (1, 2, 4)


IMAGE = np.zeros((1, 3, 4, 4), "float32")


@pytest.mark.parametrize(
    ("call", "says", "kind"),
    [
        (lambda: tf.layers.conv2d(IMAGE, 2, 3), "must come from afina.Input", ArgumentError),
        (lambda: tf.layers.dense(3, 2), "must come from afina.Input", ArgumentError),
        (lambda: nn.Linear(0, 2), "in_features must be", ArgumentError),
        (lambda: nn.Linear(2.5, 2), "in_features must be", DTypeError),
        (lambda: nn.Conv2d(1, 2, 0), "kernel_size must be", ArgumentError),
        (lambda: nn.Conv2d(1, 2, 3, padding=-1), "padding must be", ArgumentError),
        (lambda: nn.Conv2d(1, 2, (1, 2, 3)), "kernel_size must be", ArgumentError),
        (lambda: nn.Conv2d(1, 2, 3)(IMAGE), "channels|axis", ShapeError),
        (lambda: nn.MaxPool2d(2, padding=2), "padding must be at most half", ArgumentError),
        (lambda: nn.BatchNorm2d(0), "num_features must be", ArgumentError),
        (lambda: nn.Dropout(1.5), "rate", ArgumentError),
        (lambda: nn.Flatten(3, 1)(IMAGE), "axes in order", ArgumentError),
        (lambda: nn.Sequential(3), "entry 0 must be a module", ArgumentError),
        (lambda: nn.Sequential().append("a"), "append takes a module", ArgumentError),
        (lambda: nn.CrossEntropyLoss("none"), "reduction must be", ArgumentError),
        (lambda: nn.RNN(3, 4, nonlinearity="sin"), "nonlinearity must be", ArgumentError),
        (lambda: nn.RNN(3, 0), "hidden_size must be", ArgumentError),
        (lambda: nn.RNN(3, 4)(IMAGE), r"x must have shape \(steps, n, 3\)", ShapeError),
        (lambda: nn.RNN(4, 4)(IMAGE[0], IMAGE), r"must have shape \(1, 4, 4\)", ShapeError),
        (lambda: nn.Module()(IMAGE), "write forward", NotImplementedError),
    ],
)
def test_wrong_arguments_are_refused(call, says, kind):
    with pytest.raises(kind, match=says):
        call()
