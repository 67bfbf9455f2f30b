"""Variables that options name: what cannot be sampled, models without a loss, and names that are taken."""

from __future__ import annotations

import pytest

import logit_magic

CELL = "model.compile('sgd', 'sparse_categorical_crossentropy')"  # LM101


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (
            "wide y",
            "it was tried with arrays wide and y, given with --data: rows of shape (7,) where the model takes rows of shape (3,)",
        ),
        (
            "y x",
            "it was tried with arrays y and x, given with --data: single numbers where the model takes rows of shape (3,)",
        ),
        ("deep y", "it was tried with arrays deep and y, given with --data: rows of shape (2, 3)"),
        ("words y", "it was tried with arrays words and y, given with --data, on which the model raised"),
    ],
)
def test_data_that_the_model_cannot_take_is_named(lab, shell, data, why):
    lab("wide = np.zeros((300, 7)); deep = np.zeros((300, 2, 3)); words = np.full((300, 3), 'a')")
    for cell in (f"%%checkloss --data {data}\n{CELL}", f"%checkloss --data {data}"):
        assert lab(cell)[0].success
        (pair,) = logit_magic.last_report().pairs
        shown = " ".join(str(logit_magic.last_report()).split())
        assert pair.distributions is None and pair.verdict == "mismatch"
        assert f"Nothing measured: {why}" in shown and "there was no data" not in shown
        assert "Nothing measured" in logit_magic.last_report().to_html()


def test_it_is_also_said_where_nothing_is_wrong(lab):
    lab("wide = np.zeros((300, 7))")
    out = " ".join(lab("%%checkloss --data wide y\nmodel.compile('sgd', 'mse')")[1].split())
    assert out.startswith(
        "1 pair checked, it matches. `model` was not measured: it was tried with arrays wide and y, given"
    )
    assert lab("%checkloss --data x y")[1] == "1 pair checked, it matches.\n"
    assert lab("%checkloss --data wide y --samples 0")[1] == "1 pair checked, it matches.\n"


def test_data_that_cannot_say_anything_are_named_too(lab):
    head = "model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1), keras.layers.Reshape(())])"
    flat = f"import keras\n{head}\nmodel.compile('sgd', 'binary_crossentropy')"
    lab(f"%%checkloss --data x y\n{flat}")
    shown = " ".join(str(logit_magic.last_report()).split())
    assert (
        "Nothing measured: on arrays x and y, given with --data, the model gives values without an axis of classes"
        in shown
    )


def test_the_same_in_python(lab, shell):
    import numpy as np

    lab(CELL)
    report = logit_magic.check(shell.user_ns["model"], x=np.zeros((20, 7)), y=np.zeros(20, int))
    assert "the first 20 rows of the given data: rows of shape (7,)" in " ".join(str(report).split())
    report = logit_magic.check(shell.user_ns["model"], samples=0)
    assert "Nothing measured: no samples were wanted" in str(report)
    assert "Nothing measured" not in str(logit_magic.check(shell.user_ns["model"]))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("x nope", "checkloss: --data names nope, which is no variable: names are accepted, so assign"),
        ("x/16 y", "checkloss: --data takes names of variables, not 'x/16': assign it to a name first"),
        ("x / y", "checkloss: --data takes names of variables, not '/': assign it to a name first"),
        ("x y[:5]", "checkloss: --data takes names of variables, not 'y[:5]': assign it to a name first"),
        ("x few", "checkloss: --data x few cannot be sampled: x has 300 rows where y has 299"),
        ("few y", "checkloss: --data few y cannot be sampled: x has 299 rows where y has 300"),
    ],
)
def test_data_that_is_no_pair_of_names(lab, data, said):
    lab("few = y[1:]")
    out = lab(f"%%checkloss --data {data}\nprint('own')\n{CELL}")[1]
    assert out.startswith(f"own\n{said}") and len(out.splitlines()) == 2
    out = lab(f"%checkloss --data {data}")[1]
    assert out.startswith(f"UsageError: {said}") and len(out.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [("model", "Sequential"), ("x", "ndarray"), ("print", "builtin_function_or_method"), ("In", "list")],
)
def test_a_report_overwrites_nothing_of_the_users(lab, shell, name, kind):
    lab(CELL)
    before, held = logit_magic.last_report(), shell.user_ns.get(name)
    said = f"checkloss: nothing was checked: --report {name} would overwrite the {kind} of that name"
    result, out = lab(f"%checkloss --report {name}")
    assert not result.success and out.startswith(f"UsageError: {said}") and len(out.splitlines()) == 1
    result, out = lab(f"%%checkloss --report {name}\nprint('own')\n{CELL}")
    assert result.success and out.startswith(f"own\n{said}") and len(out.splitlines()) == 2
    assert shell.user_ns.get(name) is held and logit_magic.last_report() is before


def test_a_name_that_the_cell_itself_binds_is_the_users_too(lab, shell):
    out = lab(f"%%checkloss --report kept\nkept = 5\n{CELL}")[1]
    assert "would overwrite the int" in out and shell.user_ns["kept"] == 5
    lab("del kept")
    for _ in range(2):  # a Report may be overwritten by the next
        assert lab("%checkloss --report kept")[0].success
        assert shell.user_ns["kept"] is logit_magic.last_report()


@pytest.mark.parametrize(
    ("line", "note"),
    [
        (
            "%checkloss model",
            "`model` has no loss: compile with one, or give one to the check: `logit_magic.check(model, loss)`.",
        ),
        ("%checkloss x", "No Keras model is held by `x` (ndarray). Name a model"),
        ("%checkloss x y", "No Keras model is held by `x` (ndarray), `y` (ndarray)."),
        ("%checkloss x model", "`model` has no loss"),
        ("%checkloss", "`model`, `other` have no loss: compile with one"),
        ("%%checkloss\nfresh = keras.Sequential([keras.layers.Dense(2)])", "`fresh` has no loss"),
    ],
)
def test_where_there_is_no_pair_the_next_step_is_said(lab, line, note):
    result, out = lab(line)
    assert result.success and out.startswith("No model-loss pair found to check.\n")
    assert note in " ".join(out.split())


def test_where_there_is_no_model_either(lab):
    out = lab("del model, other\n%checkloss")[1]
    assert "Looked at every name here: none holds a Keras model." in " ".join(out.split())
    assert lab("%%checkloss\nx = 1")[1] == "No model-loss pair found to check.\n", "a cell of something else: one line"
    assert "has no loss" not in lab("%checkloss --quiet")[1]
    assert "none holds a Keras model" in str(logit_magic.check_namespace({}))


def test_next_to_a_pair_nothing_is_said_of_other_models(lab):
    out = lab(f"{CELL}\n%checkloss")[1]
    assert "error LM101" in out and "has no loss" not in out
