"""`--watch` heeds the options that mean something to it and refuses the rest; so do the line's other tasks."""

from __future__ import annotations

import pytest

CELL = "model.compile('sgd', 'sparse_categorical_crossentropy')"  # LM101
LABELS = (
    "model.compile('sgd', keras.losses.SparseCategoricalCrossentropy(from_logits=True))\n"
    "try:\n    model.fit(x, y + 1, verbose=0)\nexcept Exception:\n    pass"
)  # LM302


@pytest.mark.parametrize(
    ("options", "said"),
    [("", True), ("--only LM101", True), ("--only LM102", False), ("--ignore lm101", False), ("--ignore LM102", True)],
)
def test_only_and_ignore_count(lab, options, said):
    lab(f"%checkloss --watch {options}")
    for cell in (CELL, CELL):
        out = lab(cell)[1]
        assert out.count("LM101") == said, "nor is there a line about what was left out"
        said = False
        assert out == "" or len(out.splitlines()) == 1


def test_budget_counts(lab, monkeypatch):
    from logit_magic import checker

    limits = []
    run = checker.run
    monkeypatch.setattr(
        checker, "run", lambda todo, options, *a, **k: limits.append(options.limit) or run(todo, options, *a, **k)
    )
    for options, limit in (("--budget 0.5", 0.5), ("", 2.0)):
        lab(f"%checkloss --watch {options}")
        lab(CELL)
        assert limits.pop() == limit


def test_watching_anew_replaces_the_options(lab):
    lab("%checkloss --watch --ignore LM101")
    assert lab(CELL)[1] == ""
    lab("%checkloss --watch")
    assert "LM101" in lab(CELL)[1]


@pytest.mark.parametrize(
    ("line", "task", "words"),
    [
        ("model --watch", "--watch", "model"),
        ("--watch --strict", "--watch", "--strict"),
        ("--watch --data x y", "--watch", "--data"),
        ("--watch --samples 5", "--watch", "--samples"),
        ("--watch --report kept", "--watch", "--report"),
        ("--watch --quiet --text", "--watch", "--text, --quiet"),
        ("--watch --unwatch", "--watch", "--unwatch"),
        ("--watch --about", "--watch", "--about"),
        ("--unwatch --only LM101", "--unwatch", "--only"),
        ("model --unwatch", "--unwatch", "model"),
        ("--explain LM102 LM101", "--explain", "LM101"),
        ("--explain LM101 --about", "--explain", "--about"),
        ("--about extra", "--about", "extra"),
        ("--about --strict", "--about", "--strict"),
    ],
)
def test_what_does_not_go_together_is_refused(lab, line, task, words):
    result, out = lab(f"%checkloss {line}")
    assert type(result.error_in_exec).__name__ == "UsageError"
    assert out.startswith(f"UsageError: checkloss: {task} takes ") and out.rstrip().endswith(f"go with {words}")
    assert len(out.splitlines()) == 1
    assert "LM101" not in lab(CELL)[1], "nobody watches"


def test_one_page_at_a_time_also_on_a_cell(lab):
    result, out = lab(f"%%checkloss --explain LM102 LM101\nprint('own')\n{CELL}")
    assert result.success and out.startswith("own\ncheckloss: --explain takes one CODE")
    assert "takes one code, not LM101, LM102" in lab("%checkloss --explain LM101,LM102")[1]


@pytest.mark.parametrize(
    ("cell", "pointer"), [(CELL, "`%checkloss` shows more."), (LABELS, "`%%checkloss` on top of this cell shows more.")]
)
def test_each_finding_points_to_where_it_is_found_again(lab, cell, pointer):
    lab("%checkloss --watch")
    (line,) = lab(cell)[1].splitlines()
    assert line.startswith("LM101" if cell == CELL else "LM302") and line.endswith(pointer)
    lab("%checkloss --unwatch")
    code = line[:5]
    assert f"error {code}" in lab(f"%%checkloss\n{cell}" if "%%" in pointer else "%checkloss")[1], "it keeps its word"


def test_a_cell_that_ends_the_watch_is_still_checked(lab):
    lab("%checkloss --watch")
    assert "LM101" in lab(f"{CELL}\n%checkloss --unwatch")[1]
    assert lab(CELL)[1] == ""
