"""Every row of the table, by itself: what it claims of a layer or op against what Keras computes."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from logit_magic.emission import transfer
from logit_magic.emission.graph import Walk
from logit_magic.emission.value import Value
from logit_magic.structure import Path, leaves_with_places
from tests.emission import row_examples_layers, row_examples_numpy, row_examples_ops  # noqa: F401  (they enter theirs)
from tests.emission.row_examples import EXAMPLES, UNREACHED, Example
from tests.emission.test_soundness import violations

CALLS = 2
ALIKE = ("softmax", "sigmoid")  # of these, several operands may make something together
HEAD: dict[str, Callable[[Any], Any]] = {
    "logits": lambda x: x,
    "softmax": ops.softmax,
    "log_softmax": ops.log_softmax,
    "sigmoid": ops.sigmoid,
    "relu": ops.relu,
    "narrow": lambda x: ops.clip(x, -0.5, 0.25),
    "high": lambda x: ops.clip(x, 1.5, 2.5),
}
# what goes in, an example of a batch each: common numbers, large ones, none, and halves, which meet the edges of steps
DRAWS: tuple[Callable[[np.random.Generator, tuple[int, ...]], np.ndarray], ...] = (
    lambda rng, shape: rng.normal(size=shape),
    lambda rng, shape: 1e4 * rng.normal(size=shape),
    lambda rng, shape: np.zeros(shape),
    lambda rng, shape: rng.integers(-5, 6, shape) / 2.0,
    lambda rng, shape: rng.normal(size=shape) - 3.0,
)


@functools.cache
def head(shape: tuple[int, ...], batch: int | None, number: int, name: str) -> Any:
    """A symbolic tensor to be an operand; the same heads serve all rows."""
    return HEAD[name](entrance(shape, batch, number))


@functools.cache
def entrance(shape: tuple[int, ...], batch: int | None, number: int) -> Any:
    return keras.Input(shape, batch_size=batch, name=f"input{number}")


def operands(example: Example) -> Iterator[tuple[str, list[Any]]]:
    """All heads for the first operand; the others have the one after, or all have the same."""
    count = len(example.shapes)
    several = [tuple(islice(cycle(example.heads), i, i + count)) for i in range(len(example.heads))]
    for names in dict.fromkeys([*several, *((name,) * count for name in ALIKE if name in example.heads)]):
        given = zip(example.shapes, names, strict=True)
        yield ", ".join(names), [head(s, example.batch, n, name) for n, (s, name) in enumerate(given)]


def outputs_of(example: Example) -> dict[tuple[str, Path], Any]:
    """Symbolic outputs of the program behind each head."""
    program, found = example.make(), {}
    for name, given in operands(example):
        for place, leaf in leaves_with_places(program(*given)):
            found[name, place] = leaf
    return found


def assign(model: Any, rng: np.random.Generator) -> None:
    """Random weights, large ones at times."""
    size = rng.choice([0.3, 1.0, 20.0])
    for variable in model.weights:
        drawn = rng.normal(size=variable.shape) * size
        variable.assign(np.abs(drawn) + 0.1 if "variance" in variable.path else drawn)


@contextlib.contextmanager
def answers(name: str) -> Iterator[set[int]]:
    """The ids of the ops for which a row had an answer, as they come."""
    right, answered = transfer.TABLE[name], set[int]()

    def watched(call: transfer.Call) -> Value | None:
        value = right(call)
        if value is not None:
            answered.add(id(call.op))
        return value

    transfer.TABLE[name] = watched
    try:
        yield answered
    finally:
        transfer.TABLE[name] = right


def compare(name: str, example: Example) -> list[str]:
    """What Keras computes with one example against what the table says of it; the row has to answer for each output."""
    keras.utils.set_random_seed(0)
    named, wrong = outputs_of(example), list[str]()
    assert named, f"a program for {name} has no output"
    heads = {id(t._keras_history.operation) for _, given in operands(example) for t in given}
    values, asked = {}, set[str]()
    for (head_name, place), tensor in named.items():
        with answers(name) as answered:
            values[head_name, place] = Walk().value(tensor)
        if answered - heads or (name == "layers.InputLayer" and answered):
            asked.add(head_name)
    assert asked == {head_name for head_name, _ in named}, f"{name} was not asked, or had no answer, behind all heads"
    entrances = [entrance(s, example.batch, n) for n, s in enumerate(example.shapes)]
    model = keras.Model(entrances, [list(named.values())])
    for seed in range(CALLS):
        rng = np.random.default_rng(seed)
        assign(model, rng)
        order = rng.permutation(len(DRAWS))
        given = [np.stack([DRAWS[i](rng, shape) for i in order]).astype("float32") for shape in example.shapes]
        computed = model([ops.convert_to_tensor(x) for x in given], training=False)
        for key, output in zip(named, computed, strict=True):
            array = np.asarray(ops.convert_to_numpy(output), dtype=float)
            largest = max(float(np.abs(x[np.isfinite(x)]).max(initial=0.0)) for x in (*given, array))
            sums = not np.isnan(array).any()  # 0 / 0, of which nothing is claimed
            wrong += [f"{key}, call {seed}: {w}" for w in violations(values[key], array, sums=sums, largest=largest)]
    return wrong


def rows() -> list[str]:
    transfer.lookup("")
    return sorted(transfer.TABLE)


def without_example(names: list[str]) -> list[str]:
    return [name for name in names if name not in EXAMPLES and name not in UNREACHED]


def test_every_row_has_an_example_or_a_reason() -> None:
    assert len(rows()) > 300 and without_example(rows()) == []
    assert without_example(["layers.Dense", "layers.BrandNew"]) == ["layers.BrandNew"]


def test_examples_and_reasons_are_of_rows() -> None:
    assert {*EXAMPLES, *UNREACHED} - set(rows()) == set()
    assert set(EXAMPLES) & set(UNREACHED) == set()


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """For a few numbers, torch's threads do little but wait for each other."""
    if keras.backend.backend() != "torch":
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_lies_outside_what_a_row_claims(name: str) -> None:
    for example in EXAMPLES[name]:
        refused = example.refused.get(keras.backend.backend())
        with contextlib.nullcontext() if refused is None else pytest.raises(refused[0], match=refused[1]):
            assert compare(name, example) == []


def test_a_row_that_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = EXAMPLES["layers.Flatten"][:1]
    assert compare("layers.Flatten", example) == []
    right = transfer.TABLE["layers.Flatten"]

    def never_negative(call: transfer.Call) -> Value | None:
        value = right(call)
        return None if value is None else value.with_(low=0.0)

    monkeypatch.setitem(transfer.TABLE, "layers.Flatten", never_negative)
    assert any("claimed [0.0, inf]" in wrong for wrong in compare("layers.Flatten", example))


def test_an_example_that_misses_its_row_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="numpy.Exp was not asked"):
        compare("numpy.Exp", Example(lambda: ops.log))
    with pytest.raises(AssertionError, match="nn.Softmax was not asked"):  # though a head comes to it
        compare("nn.Softmax", Example(lambda: ops.exp, heads=("softmax",)))
    monkeypatch.setitem(transfer.TABLE, "numpy.Exp", lambda call: None)
    with pytest.raises(AssertionError, match="had no answer"):
        compare("numpy.Exp", Example(lambda: ops.exp))
