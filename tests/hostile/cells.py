"""Hostile cells put together from pieces, as Hypothesis strategies: source text, the same for every door."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.hostile import pieces as p

HEADS = ("layers.Dense(3)", "layers.Dense(3, activation='softmax')", "layers.Dense(1, activation='sigmoid')")
LOSSES = (
    "'categorical_crossentropy'",
    "keras.losses.CategoricalCrossentropy(from_logits=True)",
    "keras.losses.SparseCategoricalCrossentropy()",
    "keras.losses.BinaryCrossentropy(from_logits=True)",
    "lambda y, z: -ops.sum(y * ops.log(z), -1)",
    "lambda y, z: -ops.sum(y * ops.log_softmax(z), -1)",
)
ENDS = ("42", "None", "'text';", "[1, 2]", "1 / 0")


def kinds(quick: bool = True) -> st.SearchStrategy[str]:
    return st.sampled_from(p.QUICK if quick else p.HANGS)


def _method(name: str, kind: str, plain: str) -> str:
    return p.METHOD.format(name=name, kind=kind, plain=plain)


def _property(name: str, kind: str, plain: str, setter: bool = True) -> str:
    return p.PROPERTY.format(name=name, kind=kind, plain=plain) + (p.SETTER.format(name=name) if setter else "")


PLAIN_DUNDER = {
    "__getattr__": "object.__getattribute__(self, *args)", "__repr__": "'r'", "__str__": "'s'", "__eq__": "self is args[0]",
    "__ne__": "self is not args[0]", "__hash__": "id(self)", "__len__": "3", "__bool__": "True", "__iter__": "iter(())",
    "__contains__": "False", "__dir__": "[]", "__format__": "''", "__array__": "np.zeros(3)", "__float__": "0.0",
    "__getitem__": "None", "__reduce_ex__": "(int, ())", "__deepcopy__": "self", "__lt__": "False",
}  # fmt: skip


@st.composite
def dunders(draw: st.DrawFn, most: int = 2, quick: bool = True) -> str:
    chosen = draw(st.lists(st.sampled_from(p.DUNDERS), max_size=most, unique=True))
    return "".join(_method(name, draw(kinds(quick)), PLAIN_DUNDER[name]) for name in chosen)


@st.composite
def subclassed(draw: st.DrawFn, quick: bool = True) -> str:
    """A model with a `call` of its own, compiled, and hostile from then on."""
    head, name = draw(st.sampled_from(HEADS)), draw(st.sampled_from(p.NAMES))
    body = draw(dunders(quick=quick))
    call = "return self.head(inputs)"
    if draw(st.booleans()):
        call = f"return act({draw(kinds(quick))!r}, lambda: self.head(inputs))"
    for prop in draw(st.lists(st.sampled_from(p.MODEL_PROPERTIES), max_size=2, unique=True)):
        body += (
            _property(
                prop,
                draw(kinds(quick)),
                f"keras.Model.{prop}.__get__(self) if hasattr(keras.Model, {prop!r}) "
                f"else self.__dict__.get('own {prop}')",
                setter=False,
            )
            if prop
            in ("layers", "variables", "weights", "metrics", "trainable_variables", "non_trainable_variables", "losses")
            else ""
        )
    for method in draw(st.lists(st.sampled_from(p.MODEL_METHODS[1:]), max_size=1)):
        body += _method(method, draw(kinds(quick)), f"super(M, self).{method}(*args, **kwargs)")
    late = draw(st.lists(st.sampled_from(p.MODEL_PROPERTIES), max_size=1))
    after = "".join(
        f"\nM.{prop} = property(lambda self: act({draw(kinds(quick))!r}, lambda: None), lambda self, value: None)"
        for prop in late
    )
    return f"""
class M(keras.Model):
    def __init__(self):
        super().__init__()
        self.head = {head}
    def call(self, inputs):
        {call}{body}
model = M()
_ = model(X4)
model.compile(loss={draw(st.sampled_from(LOSSES))})
{draw(binding(name))}{after}"""


@st.composite
def binding(draw: st.DrawFn, name: str) -> str:
    """How else the model is bound."""
    return draw(
        st.sampled_from(
            (
                "pass",
                f"globals()[{name!r}[:99999]] = model",
                f"deep_in = {{{name!r}: [model, Junk()], 1: (model,)}}",
                "globals()[7] = model",
                f"model._name = {name!r}",
                "model.me = model; model.junk = Junk()",
                "names = [Junk(), model]; del model",
            )
        )
    )


@st.composite
def functional(draw: st.DrawFn, quick: bool = True) -> str:
    """A graph with a layer, an activation or names that are hostile."""
    kind, name = draw(kinds(quick)), draw(st.sampled_from([n for n in p.NAMES if "/" not in n and "\ud800" not in n]))
    layer = draw(
        st.sampled_from(
            (
                f"layers.Dense(3, activation=lambda z: act({kind!r}, lambda: ops.softmax(z)))",
                "layers.Dense(3, activation=Act())",
                "L()",
                f"layers.Dense(3, name={name!r})",
                f"layers.Lambda(lambda z: act({kind!r}, lambda: ops.softmax(z)))",
            )
        )
    )
    return f"""
class Act:
    def __call__(self, z): return act({kind!r}, lambda: ops.softmax(z)){draw(dunders(quick=quick))}
class L(layers.Layer):
    def call(self, z): return act({draw(kinds(quick))!r}, lambda: ops.sigmoid(z)){draw(dunders(1, quick))}
i = keras.Input((4,))
model = keras.Model(i, {layer}(i), name={draw(st.sampled_from(("m", "<b>", "n" * 9999)))!r})
model.compile(loss={draw(st.sampled_from(LOSSES))})"""


@st.composite
def losses(draw: st.DrawFn, quick: bool = True) -> str:
    """A loss of the user's own that acts up, on a model that does not."""
    kind = draw(kinds(quick))
    body = draw(dunders(quick=quick))
    form = draw(st.sampled_from(("function", "object", "subclass", "wrapper", "method", "partial", "generator")))
    plain = "ops.mean(ops.square(y - z), -1)"
    if form in ("object", "method"):
        for prop in draw(st.lists(st.sampled_from(p.LOSS_PROPERTIES), max_size=1)):
            if prop not in ("__name__",):
                body += _property(prop, draw(kinds(quick)), "None", setter=False)
    made = {
        "function": f"def loss(y, z): return act({kind!r}, lambda: {plain})",
        "object": f"class C:\n    def __call__(self, y, z): return act({kind!r}, lambda: {plain}){body}\nloss = C()",
        "subclass": f"class C(keras.losses.Loss):\n    def call(self, y, z): return act({kind!r}, lambda: {plain}){body}\nloss = C()",
        "wrapper": f"class C(keras.losses.CategoricalCrossentropy):\n    def get_config(self): return act({kind!r}, lambda: {{}}){body}\n"
        "loss = C(from_logits=True)",
        "method": f"class C:\n    def it(self, y, z): self.n = [1]; return act({kind!r}, lambda: {plain}){body}\nloss = C().it",
        "partial": f"import functools\nclass C:\n    pass{body}\nloss = functools.partial(lambda y, z, c: act({kind!r}, lambda: {plain}), c=C())",
        "generator": f"def loss(y, z):\n    yield act({kind!r}, lambda: {plain})",
    }[form]
    return f"""
{made}
model = {draw(st.sampled_from(("tiny", "soft")))}
model.compile(loss=loss)"""


@st.composite
def compiled_with(draw: st.DrawFn, quick: bool = True) -> str:
    """Metrics, optimizers, callbacks and structures of losses that lie."""
    kind = draw(kinds(quick))
    metric = draw(
        st.sampled_from(
            (
                "C()", "C", "[C()]", "{'a': C()}", "[[C()]]", f"lambda y, z: act({kind!r}, lambda: 0.0)", "'accuracy'",
                "[keras.metrics.BinaryAccuracy(), C()]", "[None]", "Junk()",
            )
        )
    )  # fmt: skip
    base = draw(
        st.sampled_from(("keras.metrics.Metric", "keras.metrics.BinaryAccuracy", "keras.metrics.AUC", "object"))
    )
    loss = draw(
        st.sampled_from(
            (*LOSSES, "None", "[]", "{}", "{'x': 'mse'}", "[None, 'mse']", "7", "Junk()", "{'class_name': 'x'}")
        )
    )
    return f"""
class C({base}):
    def update_state(self, y, z, sample_weight=None): act({kind!r}, lambda: None)
    def result(self): return act({draw(kinds(quick))!r}, lambda: 0.0){draw(dunders(1, quick))}
model = {draw(st.sampled_from(("tiny", "soft")))}
try:
    model.compile(loss={loss}, metrics={metric})
except Exception as error:
    print("compile:", type(error).__name__)"""


@st.composite
def things(draw: st.DrawFn, quick: bool = True) -> str:
    """Objects in the namespace that must not be touched."""
    body = draw(dunders(3, quick))
    for prop in draw(st.lists(st.sampled_from(p.THING_PROPERTIES), max_size=2, unique=True)):
        body += _property(prop, draw(kinds(quick)), "None", setter=False)
    meta = draw(st.sampled_from(("__module__", "__mro__", "__name__", "__dict__", "__class__", "")))
    classes = p.CLASSES.format(base="object", name=meta, kind=draw(kinds(quick))) if meta else ""
    base = draw(st.sampled_from(("", "dict", "list", "np.ndarray", "str", "int")))
    bases = ", ".join(filter(None, (base, "metaclass=Meta" if meta and base != "np.ndarray" else "")))
    return f"""{classes}
class T({bases}):
    def nothing(self): pass{body}
thing = {"np.zeros((3, 4)).view(T)" if base == "np.ndarray" else "T()"}
inside = [thing, {{"k": thing}}]
model = {draw(st.sampled_from(("tiny", "soft")))}
model.compile(loss={draw(st.sampled_from(LOSSES))})"""


DATA = (
    "np.zeros((0, 4))", "np.float32(1)", "np.zeros(())", "np.zeros((1,) * 10)", "np.array([None, 'a'], dtype=object)", "'text'",
    "[[1, 2], [3]]", "np.full((6, 4), np.nan)", "np.array(['a', 'b'])", "Junk()", "[Junk()]", "{'a': Junk()}", "{}", "[]", "()", "7",
    "iter([X4])", "(i for i in range(3))", "Lazy()", "[Lazy()]", "X4", "Y3", "None", "X4.astype(complex)", "np.zeros(6, 'M8[s]')",
    "X4.astype(object)", "[X4, X4[:2]]", "np.ma.masked_array(X4)", "X4.view(Odd)", "Lazy", "range(6)", "memoryview(b'123456')",
)  # fmt: skip


@st.composite
def fits(draw: st.DrawFn, quick: bool = True) -> str:
    """`fit` with data that is none; what it raises is the cell's own business."""
    kind = draw(kinds(quick))
    x, y = draw(st.sampled_from(DATA)), draw(st.sampled_from(DATA))
    extra = draw(
        st.sampled_from(("", ", callbacks=Junk()", ", callbacks=[Junk()]", ", sample_weight=Lazy()", ", batch_size=0"))
    )
    return f"""
armed[0] = True
class Lazy:
    shape = (10**12, 4)
    dtype = "float32"
    def __len__(self): return 10**12
    def __getitem__(self, at): return act({kind!r}, lambda: X4)
    def __array__(self, *a, **k): return act({draw(kinds(quick))!r}, lambda: X4)
class Odd(np.ndarray):
    def __getitem__(self, at): return act({kind!r}, lambda: None)
    def __array_finalize__(self, other): pass
class Stops(Exception): pass
model = {draw(st.sampled_from(("tiny", "soft")))}
model.compile(loss={draw(st.sampled_from(LOSSES))}, run_eagerly=True)
class M(keras.Sequential):
    def make_train_function(self, force=False): raise Stops
m = M([keras.Input((4,)), layers.Dense(3)])
m.compile(loss={draw(st.sampled_from(LOSSES))})
try:
    m.fit({x}, {y}{extra}, verbose=0)
except BaseException as error:
    print("fit:", type(error).__name__)
Lazy, Odd = None, None"""


@st.composite
def cells(draw: st.DrawFn, quick: bool = True) -> str:
    """A whole cell: one of the above, then the switch, then a last expression."""
    code = draw(
        st.one_of(
            *(strategy(quick=quick) for strategy in (subclassed, functional, losses, compiled_with, things, fits))
        )
    )
    return f"{code}\narmed[0] = True\n{draw(st.sampled_from(ENDS))}"
