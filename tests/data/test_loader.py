"""The loader: order, resumption, workers, errors and shutdown."""

import json
import threading
import time

import numpy as np
import pytest

from afina.data import Loader, LoaderError
from afina.errors import ArgumentError

N = 103
X = np.arange(N * 2, dtype=np.float32).reshape(N, 2)
Y = np.arange(N)


class Squares:
    """A map-style data set that remembers which samples were asked for."""

    def __init__(self, bad=None, delay=0.0):
        self.bad, self.delay, self.asked = bad, delay, []

    def __len__(self):
        return N

    def __getitem__(self, index):
        self.asked.append(index)
        if self.delay:
            time.sleep(self.delay)
        if index == self.bad:
            raise OSError("no such picture")
        return {"x": np.full(3, index, np.float32), "y": index * index}


def jitter(sample, generator):
    x, y = sample
    return x + generator.normal(size=x.shape).astype(np.float32), y


def flat(batches):
    return [np.asarray(part).tolist() for batch in batches for part in batch]


def loader_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("afina-loader")]


def test_without_shuffling_the_batches_come_in_the_order_of_the_rows():
    batches = list(Loader((X, Y), 10))
    assert [len(y) for _, y in batches] == [10] * 10 + [3]
    np.testing.assert_array_equal(np.concatenate([x for x, _ in batches]), X)


def test_drop_last_leaves_out_the_batch_that_is_not_full():
    loader = Loader((X, Y), 10, drop_last=True)
    assert len(loader) == len(list(loader)) == 10


def test_every_epoch_has_each_row_once_in_another_order_and_the_seed_fixes_them_all():
    loader, again = Loader(Y, 8, shuffle=True, seed=4), Loader(Y, 8, shuffle=True, seed=4)
    epochs = [np.concatenate(list(loader)).tolist() for _ in range(3)]
    assert all(sorted(epoch) == Y.tolist() for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert epochs == [np.concatenate(list(again)).tolist() for _ in range(3)]
    assert epochs[0] != np.concatenate(list(Loader(Y, 8, shuffle=True, seed=5))).tolist()


def test_the_structure_of_the_data_is_the_structure_of_the_batches():
    batch = next(iter(Loader({"image": X, "pair": (Y, Y)}, 4)))
    assert set(batch) == {"image", "pair"}
    assert isinstance(batch["pair"], tuple)
    assert next(iter(Loader(X, 4))).shape == (4, 2)
    samples = next(iter(Loader([(1.0, np.zeros(2)), (2.0, np.ones(2))], 2)))
    assert [part.tolist() for part in samples] == [[1.0, 2.0], [[0.0, 0.0], [1.0, 1.0]]]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_workers_change_neither_the_order_nor_the_random_transforms(workers):
    def run(workers):
        return flat(Loader((X, Y), 7, shuffle=True, seed=2, transform=jitter, workers=workers))

    assert run(workers) == run(0)


def test_order_is_kept_when_a_later_batch_is_ready_first():
    def slow_start(batch, generator):
        time.sleep(0.05 if 0 in batch else 0.0)
        return batch

    batches = list(Loader(Y, 10, workers=3, batch_transform=slow_start))
    np.testing.assert_array_equal(np.concatenate(batches), Y)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("stop", [0, 1, 5, 14, 15, 22, 29, 30])
def test_resuming_from_json_gives_exactly_the_batches_that_were_missing(workers, stop):
    def new():
        return Loader((X, Y), 7, shuffle=True, seed=9, transform=jitter, workers=workers)

    def two_epochs(loader):
        while loader.epoch < 2:
            yield from loader

    whole = list(two_epochs(new()))
    loader, seen, state = new(), [], None
    state = loader.state()
    for batch in two_epochs(loader):
        if len(seen) == stop:
            break
        seen.append(batch)
        state = loader.state()
    resumed = new()
    resumed.load_state(json.loads(json.dumps(state)))
    assert flat(seen + list(two_epochs(resumed))) == flat(whole)


def test_prefetched_batches_do_not_count_as_handed_out():
    loader = Loader(Y, 5, workers=2, prefetch=3)
    iterator = iter(loader)
    next(iterator)
    next(iterator)
    assert loader.state()["batch"] == 2
    iterator.close()


def test_a_loop_left_early_ends_its_epoch():
    loader = Loader(Y, 10, shuffle=True, seed=1)
    for _ in loader:
        break
    second = np.concatenate(list(loader)).tolist()
    assert second == loader.order(1).tolist()
    assert loader.epoch == 2


def test_an_epoch_can_be_chosen_and_its_first_batches_skipped_without_making_them():
    data = Squares()
    loader = Loader(data, 10, shuffle=True, seed=1)
    loader.set_epoch(3)
    loader.skip(7)
    rest = np.concatenate([batch["x"][:, 0] for batch in loader])
    assert rest.tolist() == loader.order(3)[70:].tolist()
    assert len(data.asked) == N - 70
    assert loader.epoch == 4
    with pytest.raises(ArgumentError, match="skip"):
        loader.skip(12)


def test_a_state_of_another_order_is_refused_and_the_difference_named():
    state = Loader(Y, 10, shuffle=True, seed=1).state()
    with pytest.raises(ArgumentError, match="seed 1 instead of 2"):
        Loader(Y, 10, shuffle=True, seed=2).load_state(state)
    with pytest.raises(ArgumentError, match="batch_size 10 instead of 9"):
        Loader(Y, 9, shuffle=True, seed=1).load_state(state)
    for broken in (
        {},
        {**state, "batch": 12},
        {**state, "epoch": -1},
        {**state, "batch": "3"},
        {**state, "more": 1},
    ):
        with pytest.raises(ArgumentError, match=r"Loader"):
            Loader(Y, 10, shuffle=True, seed=1).load_state(broken)


@pytest.mark.parametrize("workers", [0, 3])
def test_an_error_in_a_sample_surfaces_with_its_index_after_the_batches_before_it(workers):
    seen = []
    with pytest.raises(LoaderError, match=r"batch 5, sample 57: OSError: no such picture") as caught:
        seen.extend(batch["y"].tolist() for batch in Loader(Squares(bad=57), 10, workers=workers))
    assert caught.value.index == 57
    assert isinstance(caught.value.__cause__, OSError)
    assert len(seen) == 5
    assert loader_threads() == []


def test_an_error_in_a_transform_surfaces_with_the_index():
    def fail(sample, generator):
        if sample == 42:
            raise ZeroDivisionError("by zero")
        return sample

    with pytest.raises(LoaderError, match="sample 42: ZeroDivisionError: by zero"):
        list(Loader(Y, 10, transform=fail, workers=2))


def test_an_error_in_a_batch_transform_names_the_samples():
    def fail(batch, generator):
        raise ValueError("too dark")

    with pytest.raises(LoaderError, match=r"samples 0, 1, 2: batch_transform raised ValueError: too dark"):
        list(Loader(np.arange(3), 10, batch_transform=fail))


@pytest.mark.parametrize(
    ("samples", "text"),
    [
        ([np.zeros(2), np.zeros(3)], "different shapes"),
        ([(1, 2), (1,)], "different lengths"),
        ([{"a": 1}, {"b": 1}], "different keys"),
        (["a", "b"], "can be stacked"),
        ([None, None], "can be stacked"),
    ],
)
def test_samples_that_do_not_stack_are_named(samples, text):
    with pytest.raises(LoaderError, match=text):
        list(Loader(samples, 2))


def test_leaving_the_loop_stops_the_workers_and_makes_no_more_samples():
    data = Squares(delay=0.001)
    for _ in Loader(data, 5, workers=3, prefetch=1):
        break
    assert loader_threads() == []
    asked = len(data.asked)
    assert asked < N
    time.sleep(0.05)
    assert len(data.asked) == asked


def test_an_error_in_the_consumer_stops_the_workers():
    def consume():
        for _ in Loader(Squares(), 5, workers=3):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consume()
    assert loader_threads() == []


def test_making_a_loader_or_its_iterator_starts_no_thread():
    before = threading.active_count()
    iter(Loader(Y, 5, workers=3))
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: Loader(Y, 0), "batch_size"),
        (lambda: Loader(Y, 2.5), "batch_size"),
        (lambda: Loader(Y, True), "batch_size"),
        (lambda: Loader(Y, workers=-1), "workers"),
        (lambda: Loader(Y, prefetch=0), "prefetch"),
        (lambda: Loader(Y, seed=-1), "seed"),
        (lambda: Loader((X, Y[:-1])), "one length"),
        (lambda: Loader(()), "one length"),
        (lambda: Loader(np.array(3)), "no rows"),
        (lambda: Loader(7), "no length"),
    ],
)
def test_wrong_arguments_are_named(call, text):
    with pytest.raises(ArgumentError, match=text):
        call()


def test_an_empty_data_set_has_no_batches():
    assert list(Loader(np.zeros((0, 3)), 4)) == []
