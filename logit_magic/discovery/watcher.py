"""Note which tensor reaches which loss while a cell runs.

Two things are watched: layers and models as they return, and losses as they are called. A tensor that a model returned
and that a loss is given is known again as the very object. What was computed from it in between, or has been through
`predict`, is kept as small copies for the check to compare.

The first calls from each place in the code are enough: after these a call costs a look at two local variables.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

from logit_magic import backends
from logit_magic.backends.foreign import ForeignLoss
from logit_magic.discovery.callers import COMPILED, PASSED_THROUGH_BY_METRICS, above, call_of, caller_of
from logit_magic.discovery.fed import fed
from logit_magic.discovery.location import own_caller
from logit_magic.discovery.namespace import is_model
from logit_magic.discovery.pairing import own_training
from logit_magic.discovery.sightings import Candidate, Maker, Sighting, Use, copy_of, is_formula, shape_of
from logit_magic.facts import Applied, Location
from logit_magic.structure import tensors_with_places

_REMEMBERED = 2_000  # returned tensors, by weak reference
_CANDIDATES = 8  # models whose last output is compared with what a loss is given
_PLAIN_LAYERS = 200  # whose weights are known again behind a tensor that is being traced
_FIRST = 3  # calls from one place that are looked at where the tensor is not known by identity
_KEPT_ALIVE = 32  # models that met a loss and were dropped by the cell: kept until the check at its end
_KEPT_WEIGHTS = 20_000_000  # numbers that these may hold together

_Known = tuple["weakref.ref[Any]", Maker, tuple[Any, ...]]
_Rows = tuple[Any, bool]  # sample weights or None; whether the loss gives a number per row
Locate = Callable[[FrameType], "Location | None"]


class Watcher:
    """Collects sightings; its methods are handed frames by hooks.

    Args:
        locate: frame -> where in the user's source it, or the frame that called it, stands.
    """

    def __init__(self, locate: Locate) -> None:
        self.sightings: list[Sighting] = []
        self.uses: list[Use] = []
        self.paused = False
        self._locate = locate
        self._returned: dict[int, tuple[weakref.ref[Any], Maker, tuple[Any, ...]]] = {}
        self._makers: dict[int, Maker] = {}
        self._last: dict[int, tuple[Maker, list[tuple[tuple[Any, ...], Any]]]] = {}
        self._latest: Maker | None = None  # model that returned last
        self._predicted: list[Candidate] = []
        self._seen: dict[Any, int] = {}
        self._codes: dict[int, Any] = {}  # by `id`: the hash of a code object is no cheap one
        self._callers: dict[int, CodeType] = {}  # kept alive, so that no other gets the `id`
        self._symbolic: type = type(None)
        self._models: dict[type, bool] = {}
        self._tensors: set[type] = set()
        self._kept: list[Any] = []

    def forget(self) -> None:
        """Drop every reference."""
        self.__init__(self._locate)  # type: ignore[misc]

    def know_symbolic(self, symbolic: type) -> None:
        """The class of tensors that stand for none: a loss that is given one computes nothing."""
        self._symbolic = symbolic

    def know_losses(self, codes: dict[CodeType, Any]) -> None:
        """Code of a loss function -> the function."""
        self._codes.update({id(code): function for code, function in codes.items()})

    # ---- layers and models

    def returned(self, layer: Any, outputs: Any) -> None:
        """A layer is about to return `outputs`."""
        if self.paused:
            return
        maker = self._makers.get(id(layer))
        if maker is None or maker.layer() is not layer:
            maker = self._makers[id(layer)] = self._maker(layer)
        kind = type(outputs)
        if kind not in self._tensors and hasattr(outputs, "shape"):  # on TensorFlow it is slow to ask for
            self._tensors.add(kind)
        leaves = [((), outputs)] if kind in self._tensors else list(tensors_with_places(outputs))
        for place, tensor in leaves:
            self._remember(maker, place, tensor)
        if maker.is_model:
            self._latest = maker
            held = [(place, kept) for place, tensor in leaves if (kept := backends.held(tensor)) is not None]
            if held:
                self._last.pop(id(layer), None)
                self._last[id(layer)] = (maker, held)
                if len(self._last) > _CANDIDATES:
                    del self._last[next(iter(self._last))]

    def _maker(self, layer: Any) -> Maker:
        model = self._models.get(type(layer))
        if model is None:
            model = self._models[type(layer)] = is_model(layer)
        return Maker(weakref.ref(layer), model, model and own_training(layer) != "")

    def _remember(self, maker: Maker, place: tuple[Any, ...], tensor: Any) -> None:
        if isinstance(tensor, self._symbolic):
            return
        if not maker.is_model:  # a layer that hands on what a model returned did not make it
            before = self._returned.get(id(tensor))
            if before is not None and before[1].is_model and before[0]() is tensor:
                return
        self._returned[id(tensor)] = (weakref.ref(tensor), maker, place)
        if len(self._returned) > _REMEMBERED:
            self._returned = {key: known for key, known in self._returned.items() if known[0]() is not None}

    def predicted(self, model: Any, leaves: Iterator[tuple[tuple[Any, ...], Any]]) -> None:
        """`predict` is about to return: (place, first batch) of each output."""
        if self.paused:
            return
        maker = Maker(weakref.ref(model), True, own_training(model) != "")
        found = [Candidate(maker, place, copy_of(batch)) for place, batch in leaves]
        self._predicted = [*(c for c in found if c.values is not None), *self._predicted][:_CANDIDATES]

    # ---- losses

    def object_called(self, frame: FrameType) -> None:
        """A Loss object's `__call__` runs in this frame."""
        caller = caller_of(frame)
        if caller is None:
            return
        local = frame.f_locals
        loss = local["self"]
        arguments = getattr(loss, "_fn_kwargs", None) or vars(loss)
        kind = (type(loss), id(getattr(loss, "fn", None)), repr(arguments.get("from_logits")), arguments.get("axis"))
        rows = local.get("sample_weight"), getattr(loss, "reduction", "none") in ("none", None)
        self.met(frame, caller, kind, lambda: loss, local["y_true"], local["y_pred"], rows)

    def function_called(self, frame: FrameType, y_true: str = "y_true", y_pred: str = "y_pred") -> None:
        """A loss function runs in this frame; its two tensors go by these names."""
        function = self._codes.get(id(frame.f_code))
        caller = caller_of(frame) if function is not None else None
        if function is None or caller is None:
            return
        local, code = frame.f_locals, frame.f_code
        if not is_formula(function, local.get(y_true)):

            def call() -> Any:  # asked for at the first calls alone
                given = {name: local[name] for name in code.co_varnames[: code.co_argcount] if name in local}
                return call_of(function, given, (y_true, y_pred))

            kind = id(function), repr(local.get("from_logits")), repr(local.get("axis"))
            self.met(frame, caller, kind, call, local[y_true], local[y_pred])

    def foreign_called(self, frame: FrameType, loss: ForeignLoss, arguments: Callable[[], dict[str, Any]]) -> None:
        """A loss of a framework itself is called with these arguments; `frame` is its own or its wrapper's."""
        caller = caller_of(frame)
        if caller is None:
            return
        given = arguments()
        tensors = loss.y_true, loss.y_pred
        if all(name in given for name in tensors):
            kind = id(loss.function)  # without its keywords: the function may change them as it goes on
            rows = given.get("weight"), given.get("reduction", "none") == "none"
            y_true, y_pred = (given[name] for name in tensors)
            self.met(frame, caller, kind, lambda: call_of(loss.function, given, tensors), y_true, y_pred, rows)

    def metric_called(self, frame: FrameType) -> None:
        """The `update_state` of one of Keras' metrics runs in this frame, and its arguments are still what was given."""
        caller = caller_of(frame, PASSED_THROUGH_BY_METRICS)
        if caller is None:
            return
        local = frame.f_locals
        metric = local["self"]
        arguments = getattr(metric, "_fn_kwargs", None) or vars(metric)
        compared = arguments.get("threshold", arguments.get("thresholds"))
        kind = (type(metric), id(getattr(metric, "_fn", None)), repr(arguments.get("from_logits")), repr(compared))
        self.met(frame, caller, kind, lambda: metric, local["y_true"], local["y_pred"], metric=True)

    def met(
        self, frame: FrameType, caller: FrameType, kind: Any, make: Callable[[], Any], y_true: Any, y_pred: Any,
        rows: _Rows = (None, True), *, metric: bool = False,
    ) -> None:  # fmt: skip
        """A loss is given two tensors.

        Args:
            frame: of the loss.
            caller: of the loss: the user's code, or the losses of `compile`.
            kind: hashable; equal for calls that compute the same.
            make: the loss, in a form that `compile` would take.
            y_true, y_pred: as they were given.
            rows: weights of the rows, and whether the loss gives a number for each.
            metric: it is a metric.
        """
        if self.paused or isinstance(y_pred, self._symbolic):
            return
        known = self._known(y_pred)
        if known is None and not hasattr(y_pred, "shape"):
            return
        by_compile = caller.f_globals.get("__name__") == COMPILED
        if by_compile and known is not None and not known[1].trains_itself and known[1].is_model:
            return
        turned = self._known(y_true) if known is None and not metric else None
        turned = turned if turned is not None and turned[1].is_model else None
        told = known or turned
        whose = id(told[1]) if told is not None else next(reversed(self._last), 0)
        key = (kind, whose, told[2] if told is not None else None, id(caller.f_code), caller.f_lasti)
        times = self._seen.get(key, 0)
        if times >= (1 if told is not None else _FIRST):
            return
        self._seen[key], self._callers[id(caller.f_code)] = times + 1, caller.f_code
        self.paused = True
        try:
            self._note(frame, caller, by_compile, make, y_true, y_pred, known, turned, rows, metric)
        finally:
            self.paused = False

    def _note(
        self, frame: FrameType, caller: FrameType, by_compile: bool, make: Callable[[], Any], y_true: Any, y_pred: Any,
        known: _Known | None, turned: _Known | None, rows: _Rows, metric: bool,
    ) -> None:  # fmt: skip
        trainer, within_compile, inside = above(frame, self._codes)
        if (by_compile or (within_compile and not metric)) and trainer is None:
            return  # the pair that `compile` made
        maker = known[1] if known is not None else None
        values, labels, weights = copy_of(y_pred), copy_of(y_true), copy_of(rows[0])
        traced = values is None
        found: tuple[Candidate, ...] = ()
        trace = None
        if maker is None and values is not None:
            found = tuple(self._candidates())
        if values is None:
            trace, origin = backends.trace_behind(y_pred, self._origin, self._variables)
            maker = maker or origin
            if turned is not None:
                values = fed(frame, y_pred)
            elif labels is None:
                labels = fed(frame, y_true)
        flows = (backends.differentiated(y_true), backends.differentiated(y_pred))
        derived = maker is None and turned is None and not metric and backends.made(y_pred, flows[1])
        if derived and traced and self._latest is not None:
            found = (Candidate(self._latest, (), None),)
        if maker is None and not found and turned is None:
            return
        place = known[2] if known is not None else ()
        self.sightings.append(
            Sighting(
                loss=make(),
                location=self._locate(frame),
                maker=maker,
                is_output=known is not None,
                place=place,
                candidates=found,
                trace=trace,
                values=values,
                labels=labels,
                shape=shape_of(y_pred),
                dtype=getattr(y_pred.dtype, "name", "") or str(y_pred.dtype).rpartition(".")[2],
                carries=backends.carries_logits(y_pred),
                traced=traced,
                trainer=None if trainer is None else weakref.ref(trainer),
                inside=inside,
                turned=None if turned is None else turned[1:],
                flows=flows,
                code=id(caller.f_code),
                weights=weights,
                maskable=rows[1] or (weights is None and rows[0] is not None and type(rows[0]) not in (int, float)),
                metric=metric,
                derived=derived,
            )
        )
        for one in (maker, *(c.maker for c in found), turned[1] if turned is not None else None):
            if one is not None:
                self._keep(one.layer())

    # ---- after the model

    def applied(self, frame: FrameType, kind: Any, x: Any, axis: Any = None) -> None:
        """A softmax or sigmoid is put on `x`; of interest where the cell itself calls it, on what a model returned."""
        if self.paused or isinstance(x, self._symbolic) or not hasattr(x, "shape"):
            return
        known = self._known(x)
        if not (self._predicted or self._last if known is None else known[1].is_model):
            return
        caller = own_caller(frame)
        key = (kind, caller.f_code, caller.f_lasti) if caller is not None else None
        times = self._seen.get(key, 0)
        if caller is None or times >= _FIRST or not (axis is None or isinstance(axis, int)):
            return
        self._seen[key] = times + 1
        maker, place = known[1:] if known is not None else (None, ())
        given = copy_of(x) if known is None else None
        if known is None and given is None:
            return  # a backend is tracing, or it is a lone number: no values to know it by
        applied = Applied(kind, f"{kind}(...)", "values" if known is None else "identity", axis)
        self.uses.append(Use(applied, self._locate(caller), maker, place, given, self.outputs(maker)))
        if maker is not None:
            self._keep(maker.layer())

    def outputs(self, maker: Maker | None = None) -> tuple[Candidate, ...]:
        """Outputs of this model, or of all of them, as far as they are still known, latest first."""
        return tuple(c for c in self._candidates() if maker is None or c.maker.layer() is maker.layer())

    def _candidates(self) -> Iterator[Candidate]:
        for maker, held in reversed(self._last.values()):
            for place, tensor in held:
                values = copy_of(tensor)
                if values is not None:
                    yield Candidate(maker, place, values)
        yield from self._predicted

    def _known(self, tensor: Any) -> _Known | None:
        """(weak reference, maker, place) of a tensor that a layer returned."""
        known = self._returned.get(id(tensor))
        return known if known is not None and known[0]() is tensor else None

    def _origin(self, tensor: Any) -> Maker | None:
        """The maker of a tensor met behind another one."""
        known = self._known(tensor)
        return known[1] if known is not None else None

    def _variables(self) -> list[Any]:
        """Of models, and of plain layers: one that calls a loss may run before there is a model around it."""
        models, plain = [], []
        for maker in list(self._makers.values()):
            layer = maker.layer()
            if layer is not None and maker.is_model:
                models.append(layer)
            elif layer is not None and not getattr(layer, "_layers", ()):
                plain.append(layer)
        return [v for layer in (*models[-_CANDIDATES:], *plain[-_PLAIN_LAYERS:]) for v in layer.variables]

    def _keep(self, layer: Any) -> None:
        if layer is None or any(kept is layer for kept in self._kept):
            return
        self._kept = [*self._kept, layer][-_KEPT_ALIVE:]
        while len(self._kept) > 4 and sum(map(_size, self._kept)) > _KEPT_WEIGHTS:
            del self._kept[0]


def _size(layer: Any) -> int:
    return sum(math.prod(v.shape) for v in layer.variables)
