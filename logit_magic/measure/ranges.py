"""Between which numbers a crossentropy can move, in closed form, given what its head can emit.

A head that is bounded, or normalised once more by the loss, leaves the loss less room than the data would need. The
bounds here follow from the intervals alone and hold for every weight and every input; they are those of the mean over
rows, for labels that are class ids, one-hot or distributions (for yes-or-no units: within [0, 1]).
"""

from __future__ import annotations

import math

from logit_magic.facts import Emission, Expectation, LossRange

EPSILON = 1e-7  # keras.config.epsilon(): Keras clips probabilities to [1e-7, 1 - 1e-7]
_CROSSENTROPIES = ("SparseCategoricalCrossentropy", "CategoricalCrossentropy", "BinaryCrossentropy")

# what a loss of the right reading can do: crossentropy is at least 0, and a logit can be wrong by any amount
RIGHT = LossRange(0.0, math.inf, "a crossentropy of free logits")


def configured(emission: Emission, expectation: Expectation, classes: int, clips_first: bool) -> LossRange | None:
    """The range of the loss as the code says it; None where it has no closed form here or nothing bounds it.

    Args:
        emission, expectation: the two sides of a pair that do not fit.
        classes: length of the loss's class axis.
        clips_first: the loss clips before it divides by the row's sum, as TensorFlow's sparse crossentropy does.
    """
    if expectation.family not in _CROSSENTROPIES or emission.broken_by:
        return None
    low, high = emission.low, emission.high
    if emission.twice:
        return _twice(emission, expectation, classes)
    if expectation.kind == "class-logits":
        if classes == 1:
            return LossRange(0.0, 0.0, "softmax over one class is 1 whatever the logit")
        if _is_simplex(emission, expectation):
            return resoftmaxed(classes)
        return bounded_logits(low, high, classes) if math.isfinite(high - low) else None
    if expectation.kind == "binary-logits":
        return bounded_binary_logits(low, high) if math.isfinite(high - low) else None
    if expectation.kind == "binary-probabilities":
        return clipped(low, high)
    if expectation.kind != "class-probabilities":
        return None
    if classes == 1:
        return LossRange(0.0, EPSILON * 1.2, "one class divided by its own sum is 1 whatever the output")
    return clipped_then_summed(low, high, classes) if clips_first else clipped(0.0, 1.0)


def resoftmaxed(classes: int) -> LossRange:
    """Probabilities taken for logits: ln(C-1+e) - 1 … ln(C-1+e).

    The loss is ln(sum_i exp(p_i)) - p_y. It is convex in p, hence greatest in a corner of the simplex, where the whole
    mass lies on a false class: ln(C-1+e) - 0. It is least where p_y = 1 and the others are 0: ln(C-1+e) - 1. For C = 10:
    1.461 … 2.461.
    """
    top = math.log(classes - 1.0 + math.e)
    return LossRange(top - 1.0, top, f"ln(C-1+e)-1 … ln(C-1+e), C = {classes}")


def bounded_logits(low: float, high: float, classes: int) -> LossRange:
    """Logits in [a, b] under softmax crossentropy: ln(1+(C-1)exp(a-b)) … ln(1+(C-1)exp(b-a)).

    The loss is ln(1 + sum over the others of exp(z_i - z_y)); every difference lies in [a-b, b-a]. A tanh head over ten
    classes cannot get below ln(1+9/e**2) = 0.797.
    """
    formula = f"ln(1+(C-1)exp(∓{high - low:.4g})), C = {classes}"
    return LossRange(
        _log1pexp(math.log(classes - 1.0) + low - high), _log1pexp(math.log(classes - 1.0) + high - low), formula
    )


def bounded_binary_logits(low: float, high: float) -> LossRange:
    """Logits in [a, b] under sigmoid crossentropy: softplus(-b) at best where y = 1, softplus(a) where y = 0.

    The loss is softplus(-z) for y = 1 and softplus(z) for y = 0. For probabilities taken for logits, [0, 1]: at best
    softplus(-1) = 0.313 where y = 1 and ln 2 = 0.693 where y = 0; at worst softplus(1) = 1.313.
    """
    yes, no = _log1pexp(-high), _log1pexp(low)
    formula = f"at best {yes:.3f} where y = 1, {no:.3f} where y = 0"
    return LossRange(min(yes, no), max(_log1pexp(-low), _log1pexp(high)), formula)


def clipped(low: float, high: float) -> LossRange:
    """Probabilities in [a, b] after Keras' clipping to [1e-7, 1 - 1e-7]: at worst -ln(1e-7) = 16.118.

    The loss is -ln(p) for the true class (y = 1) and -ln(1-p) where y = 0. The ends of a narrower interval are taken for
    whichever label they suit: 0 where p can reach the label, -ln of the closest that it gets to it otherwise.
    """
    a, b = _clip(low), _clip(high)
    best, worst = min(-math.log(b), -math.log1p(-a)), max(-math.log(a), -math.log1p(-b))
    return LossRange(best, worst, "probabilities are clipped to [1e-7, 1-1e-7]: at worst -ln(1e-7)")


def clipped_then_summed(low: float, high: float, classes: int) -> LossRange:
    """TensorFlow's sparse crossentropy: clipped to [a, b], then divided by the sum: ln(1+(C-1)a/b) … ln(1+(C-1)b/a).

    The loss is ln(sum_i q_i / q_y) with every q in [a, b]. Where all outputs lie below 1e-7, all above 1, or anywhere on
    one side, all q are the same and the loss is ln C whatever the label: flat, without gradient.
    """
    a, b = _clip(low), _clip(high)
    rest = math.log(classes - 1.0)
    if a == b:
        return LossRange(
            math.log(classes), math.log(classes), f"every output is clipped to one number: ln C, C = {classes}"
        )
    formula = f"clipped to [1e-7, 1-1e-7], then divided by the sum, C = {classes}"
    return LossRange(_log1pexp(rest + math.log(a / b)), _log1pexp(rest + math.log(b / a)), formula)


def _twice(emission: Emission, expectation: Expectation, classes: int) -> LossRange | None:
    """An activation of an activation, given to a loss of probabilities: the second normalisation is the loss's in effect.

    Softmax of values in [0, 1] is what a logits loss makes of them, so the bounds are the same: those of the simplex
    where the first was a softmax, else those of the interval [0, 1].
    """
    if emission.normaliser == "sigmoid" and expectation.kind == "binary-probabilities":
        return bounded_binary_logits(0.0, 1.0)
    if emission.normaliser == "softmax" and expectation.kind == "class-probabilities" and classes > 1:
        return resoftmaxed(classes) if emission.twice_of == "softmax" else bounded_logits(0.0, 1.0, classes)
    return None


def _is_simplex(emission: Emission, expectation: Expectation) -> bool:
    axis = expectation.axis if expectation.axis < 0 or emission.rank is None else expectation.axis - emission.rank
    return emission.kind == "class-probabilities" and emission.axis == axis


def _clip(value: float) -> float:
    return min(max(value, EPSILON), 1.0 - EPSILON)


def _log1pexp(x: float) -> float:
    """softplus(x) = ln(1 + exp(x)), without overflow."""
    return x + math.log1p(math.exp(-x)) if x > 0.0 else math.log1p(math.exp(x))
