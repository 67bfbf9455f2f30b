"""`# checkloss: ignore[…]` in every door, and watch mode that says a thing once and again only when it changes."""

from __future__ import annotations

import pytest

import logit_magic

SETUP = """
import keras, numpy as np
layers, losses = keras.layers, keras.losses
x, ids = np.random.default_rng(0).normal(size=(60, 3)).astype("float32"), np.arange(60) % 4
def dense(units, activation=None):
    return keras.Sequential([layers.Input((3,)), layers.Dense(units, activation=activation)])
"""
SCE = "'sparse_categorical_crossentropy'"
WRONG = f"model = dense(4)\nmodel.compile('sgd', loss={SCE})"


@pytest.fixture
def lab(shell, capsys):
    """Run a cell in a shell that has Keras and data; return what it wrote."""
    shell.run_cell(SETUP)

    def run(cell: str) -> str:
        capsys.readouterr()
        assert shell.run_cell(cell).success
        written = capsys.readouterr()
        return str(written.out + written.err)

    return run


def _codes():
    return tuple(finding.code for finding in logit_magic.last_report().findings)


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        (WRONG, ("LM101",)),
        (f"{WRONG}  # checkloss: ignore", ()),
        (f"{WRONG}  # checkloss: ignore[LM101]", ()),
        (f"{WRONG}  # checkloss: ignore[LM102, LM101]", ()),
        (f"{WRONG}  # checkloss: ignore[LM102]", ("LM101",)),
        (f"model = dense(4)  # checkloss: ignore\nmodel.compile('sgd', loss={SCE})", ("LM101",)),
        (f"model = dense(4)\nmodel.compile(  # checkloss: ignore\n    'sgd',\n    loss={SCE},\n)", ()),
        (f"model = dense(4)\nmodel.compile(\n    'sgd',\n    loss={SCE},\n)  # checkloss: ignore", ()),
        (
            "model = dense(4)\nloss = losses.CategoricalCrossentropy()  # checkloss: ignore\nmodel.compile(loss=loss)",
            (),
        ),
        (f"{WRONG}\nnote = '# checkloss: ignore'", ("LM101",)),
        (f"{WRONG}\nmodel.summary(print_fn=len)  # checkloss: ignore", ("LM101",)),
        (
            f"model = dense(4)\nmodel.compile('sgd', loss={SCE})  # checkloss: ignore\n"
            f"other = dense(4)\nother.compile('sgd', loss={SCE})",
            ("LM101",),
        ),
        (
            f"model = dense(4)\nmodel.compile('sgd', loss={SCE})  # checkloss: ignore[LM302]\nmodel.fit(x, ids % 3 + 1)",
            ("LM101",),
        ),
        (
            "model = dense(3, 'softmax')\n"
            f"model.compile('sgd', loss={SCE})  # checkloss: ignore[LM302]\n"
            "try:\n    model.fit(x, ids, verbose=0)\nexcept Exception:\n    pass",
            (),
        ),
    ],
)
@pytest.mark.parametrize("door", ["%%checkloss\n", "watch", "%%time\n%%checkloss\n", "%%checkloss\n%%time\n"])
def test_comments_in_cells(lab, cell, codes, door):
    if door == "watch":
        lab("%checkloss --watch")
    out = lab(cell if door == "watch" else door + cell)
    assert _codes() == codes, str(logit_magic.last_report())
    silences = codes == () or "other" in cell
    assert ("silenced by a comment" in out) == (door != "watch" and silences), out
    if door == "watch":
        assert ("LM" in out) == bool(codes)


def test_the_report_counts_and_strict_is_content(lab):
    out = lab(f"%%checkloss --strict\n{WRONG}  # checkloss: ignore")
    assert "1 finding silenced by a comment" in out
    assert logit_magic.last_report().ok and logit_magic.last_report().pairs[0].verdict == "mismatch"


def test_a_later_line_magic_heeds_the_comment_of_a_checked_cell(lab, shell):
    assert shell.run_cell(f"%%checkloss\n{WRONG}  # checkloss: ignore", store_history=True).success
    assert "silenced by a comment" in lab("%checkloss") and _codes() == ()
    lab(f"model.compile('sgd', loss={SCE})")
    lab("%checkloss")
    assert _codes() == ("LM101",), "another compile, of which no comment is known"


def test_an_unknown_code_is_named_in_one_line(lab):
    cell = f"{WRONG}  # checkloss: ignore[LM999, LM101]"
    assert lab(f"%%checkloss\n{cell}").count("`# checkloss: ignore[LM999]`: there is no such code") == 1
    assert _codes() == ()
    lab("%checkloss --watch")
    assert lab(cell).splitlines() == ["checkloss: `# checkloss: ignore[LM999]`: there is no such code"]
    assert lab(cell) == ""


def test_a_comment_in_a_file_of_the_users_own(lab, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    for comment, codes in (("", ("LM101",)), ("# checkloss: ignore[LM101]", ())):
        name = f"mine_{len(comment)}"
        text = f"def build(model):\n    model.compile(\n        loss={SCE},\n    )  {comment}\n"
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        lab(f"%%checkloss\nimport {name}\nmodel = dense(4)\n{name}.build(model)")
        assert _codes() == codes


def test_watch_mode_says_a_thing_once_and_again_when_it_changes(lab):
    lab("%checkloss --watch")
    right = WRONG.replace(f"loss={SCE}", "loss=losses.SparseCategoricalCrossentropy(from_logits=True)")
    assert lab(WRONG).count("LM101") == 1
    assert [lab(WRONG) for _ in range(10)] == [""] * 10
    assert lab("\n" * 3 + WRONG) == "", "further down, but the same"
    assert lab("print(1)") == "1\n"
    changed = lab(WRONG.replace(SCE, "losses.SparseCategoricalCrossentropy()"))
    assert changed.count("LM101") == 1, "another loss is another finding"
    assert lab(right) == ""
    assert lab(WRONG).count("LM101") == 1, "it was gone in between"
    assert lab(f"{WRONG}  # checkloss: ignore") == ""
    assert lab(WRONG.replace("model", "other")).count("LM101") == 1
    lab("%checkloss --unwatch")
    assert lab(WRONG.replace("model", "third")) == ""


def test_watch_mode_does_not_repeat_what_only_training_shows(lab):
    lab("%checkloss --watch")
    build = "model = dense(3, 'relu')\nmodel.compile('sgd', loss='mse')"
    train = "history = model.fit(x, -1.0 - x ** 2, verbose=0)"
    assert lab(build) == ""
    assert lab(train).count("LM305") == 1
    assert lab(build) == "" and lab(train) == ""
