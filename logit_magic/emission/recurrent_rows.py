"""Rows for recurrent layers: what their activation and their gates leave of the range of their outputs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from logit_magic.emission import arithmetic, axes, joins
from logit_magic.emission.transfer import Call, row
from logit_magic.emission.value import Value

_LAYERS = ("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
_CELLS = ("LSTMCell", "GRUCell", "SimpleRNNCell")
_CONSTRAINTS = ("kernel_constraint", "recurrent_constraint", "bias_constraint")


@row(*(f"layers.{name}" for name in _LAYERS))
def recurrent(call: Call) -> Value | None:
    holder = call.op if hasattr(call.op, "activation") else call.op.cell
    return _outputs(call, holder, gated=call.name != "layers.SimpleRNN")


@row("layers.RNN")
def of_cells(call: Call) -> Value | None:
    """The outputs are those of the last cell."""
    cell = call.op.cell
    cells = getattr(cell, "cells", None)
    last = cells[-1] if cells else cell
    kind = type(last)
    if not kind.__module__.startswith("keras.") or kind.__name__ not in _CELLS:
        return None
    return _outputs(call, last, gated=kind.__name__ != "SimpleRNNCell")


def _outputs(call: Call, holder: Any, *, gated: bool) -> Value | None:
    if call.index > 0:
        return None  # states: a cell state has no bound
    free = getattr(call.op, "trainable", True) and not any(getattr(holder, n, None) is not None for n in _CONSTRAINTS)
    weights = call.affine(spans=bool(free)).with_(why="" if free else f"the weights of {call.label} are fixed")
    out = call.through(holder.activation, weights, call.label)
    if out is None:
        return None
    if not gated:
        if call.has_mask(2):  # before the first step that the mask shows, and in its place, there are zeros
            out = axes.lost(out, call.label)
        return out if out.simplex is not None else out.with_(low=min(out.low, 0.0), high=max(out.high, 0.0))
    gate = call.through(holder.recurrent_activation, weights, call.label)
    starts_at_zero = call.argument(1, "initial_state") is None and not _is_list(call.argument(0))
    out = axes.lost(out, call.label)
    if gate is None or not gate.in_unit_interval or not starts_at_zero:
        why = f"{call.label} starts from a state or has a gate without bounds"
        return out.elementwise(-float("inf"), float("inf"), maker=call.label, spans=False, why=why)
    # the activation times a gate in [0, 1], or a running mean of it that starts at zero
    return out.elementwise(min(out.low, 0.0), max(out.high, 0.0))


def _is_list(inputs: Any) -> bool:
    return isinstance(inputs, (list, tuple)) and len(inputs) > 1


@row("layers.Bidirectional")
def bidirectional(call: Call) -> Value | None:
    both = [_direction(call, layer) for layer in (call.op.forward_layer, call.op.backward_layer)]
    there, back = both
    if there is None or back is None or call.index > 0:
        return None
    mode = call.op.merge_mode
    if mode == "concat":
        return joins.concatenate([there, back], -1, call.label, call.shape)
    if mode == "sum":
        return arithmetic.total([there, back], call.label, call.shape)
    if mode == "mul":
        return arithmetic.multiply(there, back, call.label, call.shape)
    if mode == "ave":
        return arithmetic.scale(arithmetic.total([there, back], call.label, call.shape), 0.5, call.label)
    return there.with_(shape=call.shape)  # None: one of the two


def _direction(call: Call, layer: Any) -> Value | None:
    name = type(layer).__name__
    if not type(layer).__module__.startswith("keras.") or name not in (*_LAYERS, "RNN"):
        return None
    inside = replace(call, op=layer, name=f"layers.{name}", index=0)
    return of_cells(inside) if name == "RNN" else recurrent(inside)
