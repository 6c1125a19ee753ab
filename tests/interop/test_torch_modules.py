"""torch modules converted: the same outputs, gradients and training, and the way back to a state dict."""

import numpy as np
import pytest

import afina
from afina.errors import ShapeError, UnsupportedOperatorError
from afina.interop.torch import convert, load_state_dict, optim, state_dict

torch = pytest.importorskip("torch")
nn = torch.nn


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


IMAGE, STEPS, ROWS = (2, 4, 8, 6), (2, 4, 7), (3, 5)
MODULES = {
    "linear": (lambda: nn.Linear(5, 3), ROWS),
    "linear of three axes": (lambda: nn.Linear(7, 3, bias=False), STEPS),
    "conv1d": (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), STEPS),
    "conv2d": (lambda: nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2)), IMAGE),
    "conv2d same": (lambda: nn.Conv2d(4, 6, (5, 3), padding="same", bias=False), IMAGE),
    "depthwise": (lambda: nn.Conv2d(4, 8, 3, groups=4, padding=1), IMAGE),
    "transposed": (lambda: nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1), IMAGE),
    "transposed groups": (lambda: nn.ConvTranspose2d(4, 6, (2, 3), stride=3, groups=2, dilation=2), IMAGE),
    "transposed 1d": (lambda: nn.ConvTranspose1d(4, 6, 4, stride=2, padding=1), STEPS),
    "batch norm": (lambda: nn.BatchNorm2d(4), IMAGE),
    "batch norm of rows": (lambda: nn.BatchNorm1d(5, affine=False), ROWS),
    "batch norm without statistics": (lambda: nn.BatchNorm1d(4, track_running_stats=False), STEPS),
    "layer norm": (lambda: nn.LayerNorm((8, 6)), IMAGE),
    "group norm": (lambda: nn.GroupNorm(2, 4), IMAGE),
    "instance norm": (lambda: nn.InstanceNorm2d(4, affine=True), IMAGE),
    "prelu": (lambda: nn.PReLU(4), IMAGE),
    "max pool": (lambda: nn.MaxPool2d(3, stride=2, padding=1), IMAGE),
    "max pool 1d": (lambda: nn.MaxPool1d(2), STEPS),
    "average pool": (lambda: nn.AvgPool2d(3, stride=2, padding=1), IMAGE),
    "average pool without padding": (lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False), IMAGE),
    "adaptive": (lambda: nn.AdaptiveAvgPool2d((2, 3)), IMAGE),
    "adaptive to one": (lambda: nn.AdaptiveMaxPool2d(1), IMAGE),
    "flatten": (lambda: nn.Flatten(), IMAGE),
    "pad": (lambda: nn.ZeroPad2d((1, 2, 0, 3)), IMAGE),
    "nearest": (lambda: nn.Upsample(scale_factor=2), IMAGE),
    "bilinear": (lambda: nn.Upsample(size=(12, 9), mode="bilinear", align_corners=False), IMAGE),
    "dropout": (lambda: nn.Sequential(nn.Dropout(0.4), nn.Dropout2d(0.4)), IMAGE),
    **{
        word: (lambda word=word: getattr(nn, word)(), ROWS)
        for word in (
            *("ReLU", "ReLU6", "Sigmoid", "Tanh", "SiLU", "SELU", "Softsign", "Hardsigmoid", "Hardswish"),
            *("Mish", "Tanhshrink", "LogSigmoid", "Identity", "GELU", "ELU", "CELU", "LeakyReLU", "Hardtanh"),
            "Softplus",
        )
    },
    "softmax": (lambda: nn.Softmax(dim=1), IMAGE),
    "log softmax": (lambda: nn.LogSoftmax(dim=-1), ROWS),
}


class Residual(nn.Module):
    """What convolutional networks do between modules."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(4, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6))
        self.side = nn.Conv2d(4, 6, 1)
        self.head = nn.Linear(12, 3)

    def forward(self, x):
        y = torch.relu(self.stem(x)) + self.side(x)
        a, b = torch.chunk(torch.cat([y, y * 0.5], dim=1), 2, dim=1)
        y = torch.cat([a.mean((2, 3)), b.flatten(2).mean(-1)], 1)
        return self.head(y.view(y.size(0), -1))


class Words(nn.Module):
    """Embedding, recurrent layers of two levels, attention."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(11, 6)
        self.lstm = nn.LSTM(6, 4, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(8, 6)
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.norm = nn.LayerNorm(6)

    def forward(self, words):
        x, (h, c) = self.lstm(self.table(words))
        x, last = self.gru(x.transpose(0, 1))
        x = x.permute(1, 0, 2)
        x = self.norm(x + self.attention(x, x, x, need_weights=False)[0])
        return x[:, -1] + last[0] + h.sum() * c.mean()


def disturbed(module):
    torch.manual_seed(0)
    with torch.no_grad():
        for name, value in [*module.named_parameters(), *module.named_buffers()]:
            if value.dtype.is_floating_point:
                value.add_(torch.rand_like(value) * (0.5 if "var" in name else 0.1))
    return module.eval()


def assert_equal_in_both_directions(module, x):
    """Outputs, the gradient of a weighted sum by the parameters, and the state dict."""
    model = convert(module)
    wanted = module(torch.from_numpy(x))
    got = model(x)
    np.testing.assert_allclose(got.numpy(), wanted.detach().numpy(), atol=2e-5)
    weights = numbers(*wanted.shape, seed=1)
    parameters = [p for p in module.parameters() if p.requires_grad]
    if parameters:
        slopes = torch.autograd.grad((wanted * torch.from_numpy(weights)).sum(), parameters)
        found = afina.gradients((model(x) * afina.tensor(weights)).sum(), model.trainable_weights)
        by_name = {w.path: g for w, g in zip(model.trainable_weights, found, strict=True)}
        names = [name for name, p in module.named_parameters() if p.requires_grad]
        for name, slope in zip(names, slopes, strict=True):
            np.testing.assert_allclose(by_name[name].numpy(), slope.numpy(), atol=2e-4, err_msg=name)
    module.load_state_dict(state_dict(model))
    return model


@pytest.mark.parametrize("name", MODULES)
def test_a_module_equals_its_conversion(name):
    make, shape = MODULES[name]
    assert_equal_in_both_directions(disturbed(make()), numbers(*shape))


@pytest.mark.parametrize(
    ("make", "x"),
    [(Residual, numbers(*IMAGE)), (Words, np.random.default_rng(0).integers(0, 11, (3, 5)))],
    ids=["residual", "words"],
)
def test_a_network_equals_its_conversion_is_saved_and_exported(make, x, tmp_path):
    model = assert_equal_in_both_directions(disturbed(make()), x)
    model.save(tmp_path / "a.afina")
    again = afina.models.load_model(tmp_path / "a.afina")
    np.testing.assert_array_equal(again(x).numpy(), model(x).numpy())


def test_training_steps_are_torchs():
    module, data = Residual(), numbers(16, *IMAGE[1:])
    labels = np.arange(16) % 3
    model = convert(module)
    model.compile(afina.optimizers.SGD(0.1), afina.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(data, labels, epochs=3, batch_size=16, verbose=0)
    steps = torch.optim.SGD(module.parameters(), 0.1)
    module.train()
    for _ in range(3):
        steps.zero_grad()
        nn.functional.cross_entropy(module(torch.from_numpy(data)), torch.from_numpy(labels)).backward()
        steps.step()
    ours, theirs = state_dict(model), module.state_dict()
    assert ours.keys() == theirs.keys()  # running statistics, and how often they moved, among them
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name].numpy(), value.numpy(), atol=1e-5, err_msg=name)


def test_untrainable_parameters_stay_untrainable():
    module = Residual()
    module.side.weight.requires_grad = False
    model = convert(module)
    assert "side.weight" not in [w.path for w in model.trainable_weights]
    assert "side.weight" in [w.path for w in model.non_trainable_weights]


def test_what_has_no_counterpart_is_refused_by_name():
    with pytest.raises(UnsupportedOperatorError, match="'PixelShuffle'"):
        convert(nn.Sequential(nn.PixelShuffle(2)))
    with pytest.raises(UnsupportedOperatorError, match=r"Conv2d '0': padding_mode 'reflect'"):
        convert(nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect")))(numbers(1, 1, 5, 5))
    model = convert(nn.Linear(3, 2))
    with pytest.raises(ShapeError, match=r"weight has shape \(2, 3\), got \(1,\)"):
        load_state_dict(model, {"weight": np.zeros(1), "bias": np.zeros(2)})


OPTIMIZERS = {
    "SGD": {"lr": 0.1},
    "SGD momentum": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    "SGD nesterov": {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    "Adam": {"lr": 0.01, "weight_decay": 0.01},
    "Adam amsgrad": {"lr": 0.01, "amsgrad": True},
    "AdamW": {"lr": 0.01},
    "RMSprop": {"lr": 0.01},
    "RMSprop centered": {"lr": 0.01, "centered": True, "momentum": 0.9},
    "Adagrad": {"lr": 0.1},
    "Adadelta": {"lr": 1.0},
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_steps_as_torchs_in_torchs_memory(name):
    nets = []
    for library in (optim, torch.optim):
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        steps = getattr(library, name.split()[0])(net.parameters(), **OPTIMIZERS[name])
        where = [p.data_ptr() for p in net.parameters()]
        x = torch.from_numpy(numbers(16, 4))
        for step in range(20):
            steps.param_groups[0]["lr"] = OPTIMIZERS[name]["lr"] / (1 + step)
            steps.zero_grad()
            (net(x) ** 2).mean().backward()
            steps.step()
        assert where == [p.data_ptr() for p in net.parameters()]
        nets.append([p.detach().numpy() for p in net.parameters()])
    for ours, theirs in zip(*nets, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
