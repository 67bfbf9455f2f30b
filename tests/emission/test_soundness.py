"""No element that a model computes lies outside what the table says of it, on random chains of layers and ops.

Every tensor of a chain is an example of its own. The default draws chains until 2,000 tensors at least have been
looked at, in parts, always the same ones; for 50,000 of them, not always the same:

    LOGIT_MAGIC_EXAMPLES=50000 python -m pytest tests/emission/test_soundness.py
"""

from __future__ import annotations

import os
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from logit_magic.emission import transfer
from logit_magic.emission.graph import Walk
from logit_magic.emission.value import Value
from tests.emission import chain_axes, chain_values  # noqa: F401  (they enter their steps)
from tests.emission.chains import Chain, grow, start

WANTED = int(os.environ.get("LOGIT_MAGIC_EXAMPLES", "2000"))
THOROUGH = "LOGIT_MAGIC_EXAMPLES" in os.environ
PARTS = 4  # JAX compiles for every new shape: in parts a slow machine is told from a test that hangs
PER_CHAIN = 4.4  # tensors of a chain, on average, with some to spare
BATCH = 5
TENSORFLOWS = "InvalidArgumentError"  # its word for shapes that do not fit
looked_at = {"tensors": 0, "simplex": 0, "bounded": 0}


def violations(
    value: Value, array: np.ndarray, *, sums: bool = True, largest: float = 1.0, of_logs: bool = False
) -> list[str]:
    """What an array says against the value that is claimed of it; float32 is granted its rounding.

    Args:
        value: what is claimed.
        array: what was computed.
        sums: whether to look at sums; not after an overflow.
        largest: the largest number met on the way, of which float32 keeps seven digits.
        of_logs: the sums are those of exp of log-probabilities, in which the rounding of that number shows.
    """
    if value.rank != array.ndim:
        return [f"rank {array.ndim}, claimed {value.rank}"]
    wrong, finite = [], array[np.isfinite(array)]
    rounding = 5e-7 * largest
    low, high = (finite.min(), finite.max()) if finite.size else (value.low, value.high)
    if low < value.low - _slack(value.low) or high > value.high + _slack(value.high):
        wrong.append(f"values in [{low}, {high}], claimed [{value.low}, {value.high}]")
    if value.simplex is not None and sums:
        totals = array.sum(axis=value.simplex)
        granted = 2e-3 + rounding * of_logs
        if not np.allclose(totals, value.total, rtol=2e-3, atol=granted) or finite.min(initial=0.0) < -1e-5:
            wrong.append(f"sums {np.unique(totals)[:4]} along {value.simplex}, claimed {value.total}")
    if value.log_simplex is not None and sums:
        totals = np.exp(array).sum(axis=value.log_simplex)
        if not np.allclose(totals, 1.0, atol=4e-3 + rounding):
            wrong.append(f"exp sums to {np.unique(totals)[:4]} along {value.log_simplex}")
    return wrong


def _slack(end: float) -> float:
    return 3e-5 * max(1.0, abs(end)) if np.isfinite(end) else 0.0


def run(model: Any, seed: int) -> list[np.ndarray]:
    """All tensors of the chain, computed with random weights on random inputs, both large at times."""
    rng = np.random.default_rng(seed)
    weight, size = rng.choice([0.3, 1.0, 20.0]), rng.choice([1.0, 1.0, 30.0, 1e4])
    for variable in model.weights:
        drawn = rng.normal(size=variable.shape) * weight
        variable.assign(np.abs(drawn) + 0.1 if "variance" in variable.path else drawn)
    x = rng.normal(size=(BATCH, *model.inputs[0].shape[1:])) * size
    outputs = model(keras.ops.convert_to_tensor(x.astype("float32")), training=False)
    return [keras.ops.convert_to_numpy(o) for o in (outputs if isinstance(outputs, (list, tuple)) else [outputs])]


def complaints(chain: Chain, seed: int) -> list[str]:
    """Every tensor of a chain against its abstract value."""
    model = keras.Model(chain.tensors[0]._keras_history.operation.input, chain.tensors)
    walk, sums, largest, of_logs, wrong = Walk(), True, 1.0, False, list[str]()
    try:
        arrays = run(model, seed)
    except Exception as error:  # symbolic tensors have shapes that the backend cannot compute
        if not isinstance(error, (ValueError, IndexError, RuntimeError)) and type(error).__name__ != TENSORFLOWS:
            raise
        reject()
    for name, tensor, array in zip(chain.names, chain.tensors, arrays, strict=True):
        value = walk.value(tensor)
        sums = sums and bool(np.isfinite(array).all()) and bool(np.abs(array).max(initial=0.0) < 1e18)
        largest = max(largest, float(np.abs(array[np.isfinite(array)]).max(initial=0.0)))
        looked_at["tensors"] += 1
        looked_at["simplex"] += value.simplex is not None
        looked_at["bounded"] += value.low > -np.inf or value.high < np.inf
        wrong += [f"after {name}: {w}" for w in violations(value, array, sums=sums, largest=largest, of_logs=of_logs)]
        of_logs = of_logs or value.log_simplex is not None
        if not _as_claimed(value, array):
            break
    return wrong


def _as_claimed(value: Value, array: np.ndarray) -> bool:
    """No NaN, and no infinity on a side that is claimed to be closed: nothing is claimed of what comes after these."""
    below = value.low > -np.inf and bool((array == -np.inf).any())
    above = value.high < np.inf and bool((array == np.inf).any())
    return not (below or above or np.isnan(array).any())


def example(data: st.DataObject) -> None:
    keras.backend.clear_session(free_memory=False)
    length, random = data.draw(st.integers(1, 8)), data.draw(st.randoms(use_true_random=True))
    chain, seed = Chain(random), random.getrandbits(16)
    start(chain)
    grow(chain, length)  # a shorter chain is the beginning of a longer one, so that shrinking finds the step at fault
    wrong = complaints(chain, seed)
    assert not wrong, f"{' -> '.join(chain.names)}: {wrong}"


def profile(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, derandomize=False, database=None, report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip


@pytest.mark.timeout(0 if THOROUGH else 600)
@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_lies_outside_what_is_claimed(part: int) -> None:
    looked_at.update(tensors=0, simplex=0, bounded=0)
    drawn = profile(int(WANTED / PARTS / PER_CHAIN))(given(st.data())(example))
    (drawn if THOROUGH else seeded(part)(drawn))()
    print(looked_at)
    assert looked_at["tensors"] >= WANTED // PARTS
    assert looked_at["simplex"] >= WANTED // PARTS // 10 and looked_at["bounded"] >= WANTED // PARTS // 3


def test_a_row_that_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = transfer.TABLE["layers.Dense"]

    def never_negative(call: transfer.Call) -> Value | None:
        value = right(call)
        return None if value is None else value.with_(low=0.0)

    transfer.lookup("")
    monkeypatch.setitem(transfer.TABLE, "layers.Dense", never_negative)
    with pytest.raises(AssertionError, match="claimed"):
        seeded(0)(profile(40)(given(st.data())(example)))()


@pytest.mark.parametrize(
    "value, array, complaint",
    [
        (Value((2, 2), low=0.0, high=1.0), [[0.5, 1.0], [0.0, 1.1]], "values in"),
        (Value((2, 2), low=0.0), [[0.5, -0.1], [0.0, 9.0]], "values in"),
        (Value((2, 2), low=2.0, high=2.0), [[2.0, 2.0], [2.0, 2.1]], "values in"),
        (Value((2, 2), simplex=-1), [[0.5, 0.5], [0.5, 0.6]], "sums"),
        (Value((2, 2), simplex=-1), [[0.5, 0.5], [1.5, -0.5]], "sums"),
        (Value((2, 2), simplex=-2, total=2.0), [[1.0, 0.5], [1.0, 0.5]], "sums"),
        (Value((2, 2), log_simplex=-1), [[0.0, 0.0], [0.0, -np.inf]], "exp sums"),
        (Value((2, 2, 1)), [[0.5, 0.5], [0.5, 0.5]], "rank"),
    ],
)
def test_each_kind_of_claim_is_looked_at(value: Value, array: list, complaint: str) -> None:
    (wrong,) = violations(value, np.asarray(array))
    assert wrong.startswith(complaint)
    assert violations(Value((2, 2), low=0.0, high=1.0, simplex=-1), np.asarray([[0.25, 0.75], [1.0, 0.0]])) == []
