"""Every option of the magics: what it does, and one clear line for what is not accepted, while the cell still runs."""

from __future__ import annotations

import pytest

import logit_magic

COMPILE = "model.compile('sgd', 'sparse_categorical_crossentropy')"  # LM101: the head emits logits
CLEAN = "model.compile('sgd', 'mse')"


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ("--bogus", "checkloss: unrecognized arguments: --bogus"),
        ("--samples few", "checkloss: argument --samples: invalid int value: 'few'"),
        ("--samples -1", "checkloss: --samples takes a number from 0 up"),
        ("--budget 0", "checkloss: --budget takes a number of seconds above 0"),
        ("--budget nan", "checkloss: --budget takes a number of seconds above 0"),
        ("--report 1x", "checkloss: --report takes a variable name"),
        ("--report class", "checkloss: --report takes a variable name"),
        ("--report", "checkloss: argument --report: expected one argument"),
        ("--only LM000", "checkloss: there is no code 'LM000'"),
        ("--ignore nonsense", "checkloss: there is no code 'nonsense'"),
        ("--only", "checkloss: argument --only: expected at least one argument"),
        ("--data x", "checkloss: argument --data: expected 2 arguments"),
        ("--data x nowhere", "checkloss: --data names nowhere, which is no variable"),
        ("--data x keras", "checkloss: --data x keras cannot be sampled"),
        ("--watch", "checkloss: NAME, --watch and --unwatch belong to the line magic"),
        ("--unwatch", "checkloss: NAME, --watch"),
        ("model", "checkloss: NAME, --watch"),
        ("'unclosed", "checkloss: No closing quotation"),
    ],
)
def test_what_is_not_accepted_gets_one_line_and_the_cell_runs(lab, options, answer):
    result, out = lab(f"%%checkloss {options}\nprint('own')\n{COMPILE}")
    own, *lines = out.splitlines()
    assert result.success and own == "own"
    assert len(lines) == 1 and lines[0].startswith(answer)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("--fix", "checkloss: --fix belongs on top of the cell"),
        ("--bogus", "checkloss: unrecognized arguments: --bogus"),
        ("nowhere", "checkloss: no variable named nowhere"),
        ("--data x nowhere", "checkloss: --data names nowhere, which is no variable"),
        ("--explain LM000", "checkloss: there is no code 'LM000'"),
    ],
)
def test_the_line_magic_raises_a_usage_error(lab, line, answer):
    result, out = lab(f"%checkloss {line}")
    assert type(result.error_in_exec).__name__ == "UsageError"
    assert out.startswith(f"UsageError: {answer}") and len(out.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "cell", "found"),
    [
        ("", COMPILE, True),
        ("", CLEAN, False),
        ("--text", COMPILE, True),
        ("--quiet", COMPILE, True),
        ("--only LM101", COMPILE, True),
        ("--only LM102 LM103", COMPILE, False),
        ("--ignore LM101", COMPILE, False),
        ("--ignore LM102", COMPILE, True),
        ("--samples 0", COMPILE, True),
        ("--budget 0.5", COMPILE, True),
        ("--data x y", COMPILE, True),
        ("--report kept", COMPILE, True),
        ("--strict", CLEAN, False),
        ("--cell", COMPILE, True),
    ],
)
def test_options_are_accepted_on_a_cell_and_on_a_line(lab, options, cell, found):
    line = f"{cell}\n%checkloss --cell" if options == "--cell" else f"%checkloss {options}"
    for source in (f"%%checkloss {options}\n{cell}", line):
        result, out = lab(source)
        assert result.success
        assert ("error LM101" in out) == found
        assert ("LM101" in {finding.code for finding in logit_magic.last_report().findings}) == found
        assert out.strip(), "without --quiet there is always a report"


def test_quiet_says_nothing_when_clean(lab):
    assert lab(f"%%checkloss --quiet\n{CLEAN}")[1] == ""
    assert lab("%%checkloss --quiet\nx = 1")[1] == ""


def test_strict_raises_after_the_cells_own_work(lab, shell):
    result, out = lab(f"%%checkloss --strict\nprint('own')\n{COMPILE}\nafter = 5")
    assert type(result.error_in_exec).__name__ == "MismatchError" and shell.user_ns["after"] == 5
    assert out.startswith("own\n") and 0 < out.index("LM101") < out.index("\nMismatchError: ")
    failed, out = lab(f"%%checkloss --strict\n{COMPILE}\n1 / 0")
    assert type(failed.error_in_exec) is ZeroDivisionError, "the cell's own error comes first"
    assert "MismatchError" not in out and "LM101" in out
    assert type(lab("%checkloss --strict")[0].error_in_exec).__name__ == "MismatchError"


def test_report_is_stored_under_its_name(lab, shell):
    lab(f"%%checkloss --report kept\n{COMPILE}")
    kept = shell.user_ns["kept"]
    assert isinstance(kept, logit_magic.Report) and not kept.ok and kept is logit_magic.last_report()
    lab("%checkloss --report kept")
    assert shell.user_ns["kept"] is logit_magic.last_report() is not kept
    lab(f"%%checkloss\n{COMPILE}")
    assert shell.user_ns["kept"] is not logit_magic.last_report()


@pytest.mark.parametrize(
    ("samples", "rows"), [("", 256), ("--samples 5", 5), ("--samples 1", 1), ("--samples 1000", 300)]
)
def test_samples_bounds_the_rows_of_named_data(lab, samples, rows):
    lab(f"%%checkloss --data x y --budget 60 {samples}\n{COMPILE}")
    (pair,) = logit_magic.last_report().pairs
    assert (pair.distributions.sample.rows, pair.distributions.sample.synthetic) == (rows, False)
    assert pair.distributions.sample.source == "arrays x and y, given with --data"


def test_no_samples_means_structure_only(lab):
    lab(f"%%checkloss --data x y --samples 0\n{COMPILE}")
    assert logit_magic.last_report().pairs[0].distributions is None


def test_names_choose_what_the_line_magic_checks(lab):
    lab(f"{COMPILE}\nother.compile('sgd', 'binary_crossentropy')")
    for line, models in (("", {"model", "other"}), ("model", {"model"}), ("other model", {"model", "other"})):
        lab(f"%checkloss {line}")
        assert {pair.model for pair in logit_magic.last_report().pairs} == models


def test_watching_says_each_new_finding_once(lab):
    assert lab("%checkloss --watch")[1] == ""
    for cell, lines in (
        ("unrelated = 1", 0),
        (CLEAN, 0),
        (COMPILE, 1),
        (COMPILE, 0),  # said before
        ("model.fit(x, y, verbose=0);", 0),
        ("other.compile('sgd', keras.losses.BinaryCrossentropy(from_logits=True))", 1),
        ("print('own')", 0),
        ("1 / 0", 0),
    ):
        out = lab(cell)[1]
        assert [line[:2] for line in out.splitlines() if line.startswith("LM")] == ["LM"] * lines, cell
        assert lines == 0 or len(out.splitlines()) == 1
    assert lab("%checkloss --unwatch")[1] == ""
    assert lab(f"fresh = keras.models.clone_model(model)\n{COMPILE.replace('model', 'fresh')}")[1] == ""
    lab("%checkloss --watch")
    assert lab(COMPILE)[1].startswith("LM101"), "watching afresh says it afresh"


def test_explain_and_about_come_after_the_check_of_a_cell(lab):
    out = lab(f"%%checkloss --text --explain LM101\n{COMPILE}")[1]
    assert out.index("1 pair checked") < out.index("LM101 logits-into-probability-loss (error)")
    assert "keras" in lab("%%checkloss --text --about\n1")[1]


def test_explain_and_about_print_and_check_nothing(lab):
    before = logit_magic.last_report()
    assert "LM101" in lab("%checkloss --explain LM101")[1]
    assert "logit-magic" in lab("%checkloss --about")[1] and "keras" in lab("%checkloss --about")[1]
    assert logit_magic.last_report() is before
