"""Which trials each engine asks for."""

import itertools

import pytest

from afina import search
from afina.errors import ArgumentError
from afina.search import Choice, Linear, Log


def bowl(trial):
    return (trial["x"] - 0.62) ** 2 + (trial["y"] - 0.37) ** 2


PLANE = {"x": Linear(0.0, 1.0), "y": Linear(0.0, 1.0)}


def test_a_grid_visits_the_product_once():  # H1
    space = {"rate": Log(1e-3, 1e-1), "units": Linear(1, 2, integer=True), "act": Choice(["relu", "tanh"])}
    found = search.run(lambda trial: 0.0, space, search.Grid(points={"rate": 3, "units": 5}))
    seen = [tuple(outcome.parameters.values()) for outcome in found.outcomes]
    rates = space["rate"].grid(3)
    assert sorted(seen) == sorted(itertools.product(rates, [1, 2], ["relu", "tanh"]))


def test_random_search_respects_seed_and_number():  # H1
    def tried(seed, count):
        found = search.run(bowl, PLANE, search.Random(count), seed=seed)
        return [outcome.parameters for outcome in found.outcomes]

    assert tried(1, 12) == tried(1, 12)
    assert tried(1, 5) == tried(1, 12)[:5]
    assert tried(1, 12) != tried(2, 12)
    assert len(tried(3, 7)) == 7


def test_the_second_box_is_inside_the_first_and_centred_on_the_best():  # H2
    engine = search.CoarseToFine(trials=30, rounds=3, keep=3, shrink=0.4)
    found = search.run(bowl, PLANE, engine)
    assert len(found.outcomes) == 90
    scores = found.scores
    first, second = (engine.box(found.space, found.outcomes[:n], scores[:n]) for n in (30, 60))
    best = sorted(range(30), key=lambda n: -scores[n])[:3]
    for name in PLANE:
        centre = sum(found.outcomes[n].parameters[name] for n in best) / 3
        assert abs((first[name].low + first[name].high) / 2 - centre) < 1e-9
        assert abs(first[name].high - first[name].low - 0.4) < 1e-9
        assert 0 <= first[name].low <= second[name].low < second[name].high <= first[name].high <= 1
        inside = [outcome.parameters[name] for outcome in found.outcomes[30:60]]
        assert first[name].low <= min(inside)
        assert max(inside) <= first[name].high
    assert min(scores.index(max(scores)) // 30, 2) > 0
    assert found.best.metrics["score"] < 1e-3


def test_halving_spends_more_epochs_on_the_better_half():
    spent = []

    def objective(trial):
        spent.append((trial.configuration, trial.budget))
        return abs(trial["x"] - 0.5)

    engine = search.SuccessiveHalving(trials=9, least=1, most=9, factor=3)
    found = search.run(objective, {"x": Linear(0.0, 1.0)}, engine)
    assert [budget for _, budget in spent] == [1] * 9 + [3] * 3 + [9]
    ranked = sorted(found.outcomes[:9], key=lambda outcome: outcome.metrics["score"])
    assert [configuration for configuration, _ in spent[9:]] == [
        *(outcome.configuration for outcome in ranked[:3]),
        ranked[0].configuration,
    ]


def test_optuna_chooses_and_learns():
    space = {"x": Linear(0.0, 1.0), "y": Log(1e-3, 1.0), "kind": Choice(["good", "bad"])}

    def objective(trial):
        return bowl({"x": trial["x"], "y": 0.37}) + (0.0 if trial["kind"] == "good" else 1.0)

    once, twice = (search.run(objective, space, search.Optuna(trials=25)) for _ in range(2))
    assert [o.parameters for o in once.outcomes] == [o.parameters for o in twice.outcomes]
    assert once.best["kind"] == "good"
    late = [outcome.parameters["kind"] for outcome in once.outcomes[12:]]
    assert late.count("good") > late.count("bad")


def test_optuna_is_told_of_failures():
    def objective(trial):
        if trial["x"] > 0.5:
            raise RuntimeError("no")
        return trial["x"]

    found = search.run(objective, {"x": Linear(0.0, 1.0)}, search.Optuna(trials=12, batch=3))
    assert len(found.outcomes) == 12
    assert found.failed
    assert found.best is not None


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: search.Grid(0), "Grid: points"),
        (lambda: search.Grid({"x": 2.5}), "Grid: points"),
        (lambda: search.Random(0), "Random: trials"),
        (lambda: search.CoarseToFine(shrink=1.0), "CoarseToFine: shrink"),
        (lambda: search.CoarseToFine(keep=0), "CoarseToFine: keep"),
        (lambda: search.SuccessiveHalving(factor=1), "SuccessiveHalving: factor"),
        (lambda: search.SuccessiveHalving(least=5, most=2), "SuccessiveHalving: most"),
        (lambda: search.Optuna(sampler="grid"), "Optuna: sampler"),
        (lambda: search.Optuna(batch=0), "Optuna: batch"),
        (lambda: search.run(bowl, PLANE, search.Grid({"z": 3})), "names 'z'"),
    ],
)
def test_wrong_engines_are_refused(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()
