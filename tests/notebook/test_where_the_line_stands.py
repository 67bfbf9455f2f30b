"""Where `%%checkloss` and `%checkloss --cell` may stand, what may stand beside them, and what is said where they may not."""

from __future__ import annotations

import pytest

import logit_magic
from logit_magic.notebook import cell_line

CELL = "model.compile('sgd', 'sparse_categorical_crossentropy')"  # LM101


@pytest.mark.parametrize(
    ("cell", "compiled", "options", "shift"),
    [
        ("# a\n%%checkloss\nx\n", "# a\n# %%checkloss\nx\n", "", 0),
        ("# a\n\n  # b\n\n%%checkloss --text\n\nx\n", "# a\n\n  # b\n\n# %%checkloss --text\n\nx\n", "--text", 0),
        ("\n\n# a\n%%checkloss\nx\n", "\n\n# a\n# %%checkloss\nx\n", "", 2),
        ("# a\n%%checkloss\n    x\n", "# a\n# %%checkloss\nx\n", "", 0),
        ("# a\n%%checkloss\n%%time\nx\n", "%%time\nx\n", "", 3),
        ("%%time\n# a\n%%checkloss\nx\n", None, "", 1),
        ("%%time\n\n# a\n%%checkloss\nx\n", None, "", 2),
        ("# a\n%%checkloss", "# a\n# %%checkloss", "", 0),
        ("# a\n%%time\n%%checkloss\nx\n", None, None, 0),  # IPython refuses such a cell
        ("# a\nx\n%%checkloss\n", None, None, 0),
        ("# a\n  %%checkloss\nx\n", None, None, 0),
        ("'''\n# a\n%%checkloss\n'''", None, None, 0),
        ("# %%checkloss\nx\n", None, None, 0),
        ("# a", None, None, 0),
        ("x\n%checkloss --cell # --text\n", None, "# --text", 0),
        ("x\n%checkloss --text # --cell\n", None, None, 0),
        ("x\n%checkloss --cellar\n", None, None, 0),
    ],
)
def test_comments_may_stand_above_it(cell, compiled, options, shift):
    lines = cell.splitlines(keepends=True)
    once = cell_line.as_comment(lines)
    assert "".join(once) == (cell if compiled is None else compiled)
    assert cell_line.as_comment(once) == once
    found = cell_line.find(cell)
    assert (found and (found.options, found.shift)) == (None if options is None else (options, shift))


@pytest.mark.parametrize(("above", "line"), [("# why", 3), ("# why\n\n# more", 5), ("\n# why", 4)])
def test_such_a_cell_is_checked_and_its_lines_are_counted_as_they_stand(lab, shell, above, line):
    shell.run_cell("'a cell before'", store_history=True)
    result, _ = lab(f"{above}\n%%checkloss --text\n{CELL}\nafter = 1")
    assert result.success and shell.user_ns["after"] == 1
    (finding,) = logit_magic.last_report().findings
    assert finding.code == "LM101" and finding.location.line == line
    edit = finding.fix.remedies[0].edit
    assert edit is not None and edit.corrected.startswith(f"{above}\n%%checkloss --text\nmodel.compile")


@pytest.mark.parametrize("cell", [f"{CELL}\n%%checkloss\nafter = 1", f"# why\n{CELL}\n\n%%checkloss --text\nafter = 1"])
def test_below_code_the_error_says_where_it_belongs(lab, shell, cell):
    result, out = lab(cell)
    assert type(result.error_in_exec).__name__ == "UsageError" and "after" not in shell.user_ns
    assert out.startswith("UsageError: checkloss: `%%checkloss` must be the first line of its cell")
    assert "`%checkloss --cell`" in out and len(out.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ("--bogus", "checkloss: unrecognized arguments: --bogus"),
        ("--only LM000", "checkloss: there is no code 'LM000'"),
        ("--samples few", "checkloss: argument --samples"),
        ("model", "checkloss: NAME, --watch and --unwatch belong to the line magic"),
        ("--watch", "checkloss: NAME, --watch and --unwatch belong to the line magic"),
        ("'unclosed", "checkloss: No closing quotation"),
        ("--data x nowhere", "checkloss: --data names nowhere"),
    ],
)
@pytest.mark.parametrize("order", ["--cell {}", "{} --cell"])
def test_a_wrong_option_beside_cell_lets_the_cell_run(lab, options, answer, order):
    line = order.format(options)
    if line.endswith("'unclosed --cell"):
        line = "--cell 'unclosed"
    result, out = lab(f"{CELL}\n%checkloss {line}\nprint('own')")
    own, *lines = out.splitlines()
    assert result.success and own == "own"
    assert len(lines) == 1 and lines[0].startswith(answer)


def test_a_shortened_option_is_none(lab):
    result, out = lab(f"{CELL}\n%checkloss --cel")
    assert not result.success and "unrecognized arguments: --cel" in out


@pytest.mark.parametrize("comment", ["# note", "# don't, 'unclosed", "#note", "# --ignore LM101", "# model --cell"])
def test_a_comment_at_the_end_is_no_argument(lab, comment):
    for cell in (
        f"%%checkloss  {comment}\n{CELL}",
        f"%%checkloss --text  {comment}\n{CELL}",
        f"%checkloss model  {comment}",
        f"%checkloss {comment}",
        f"{CELL}\n%checkloss --cell  {comment}",
    ):
        result, out = lab(cell)
        assert result.success and "error LM101" in out, cell
