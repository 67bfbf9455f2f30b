"""The plain-Python side: what a finding's remedies come to, without a notebook around."""

from __future__ import annotations

import html
import json
from dataclasses import replace

import keras
import pytest
from keras import layers

import logit_magic
from logit_magic import fix
from logit_magic.facts import Location, Replacement
from logit_magic.fix.source import Source, UnsureError

CELL = "import keras\nä = 1; model.compile('adam', loss='sparse_categorical_crossentropy')\n"


def finding(line: int = 2, column: int = 8):
    """LM101, as if its loss had been seen at a place of a cell."""
    model = keras.Sequential([layers.Input((8,)), layers.Dense(5)])
    (found,) = logit_magic.check(model, "sparse_categorical_crossentropy", samples=0).findings
    return replace(found, location=Location("cell", line, column))


def test_remedies_need_no_namespace() -> None:
    flag, activation = fix.remedies(finding(), CELL)
    edit = flag.edit
    assert edit.corrected == CELL.replace(
        "'sparse_categorical_crossentropy'", "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
    )
    assert fix.applied(CELL, edit.replacements) == edit.corrected and edit.original == CELL
    assert edit.diff.splitlines()[:2] == ["--- the cell", "+++ the cell, corrected"]
    assert flag.problem == "" and "stay logits" in flag.consequence
    assert activation.edit is None and "`model`" in activation.problem


def test_a_file_is_edited_like_a_cell() -> None:
    placed = replace(finding(), location=Location("train.py", 2, 0))
    (flag, _) = fix.remedies(placed, CELL)
    assert flag.edit.file == "train.py" and flag.edit.diff.startswith("--- train.py")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("model.compile(", "could not be read as Python"),
        ("%%bash\nx", "%%bash"),
        ("x = 1\ny = 2\n", "does not show"),
        ("x = 1\nmodel.compile('adam')\n", "gives no loss"),
        (CELL.replace("sparse_categorical", "binary"), "but the loss that ran"),
        (CELL.replace("import keras", "keras = 1"), "taken by something else"),
    ],
)
def test_a_source_that_does_not_say_what_ran_gets_no_edit(source: str, says: str) -> None:
    (flag, _) = fix.remedies(finding(column=0), source)
    assert flag.edit is None and says in flag.problem


def test_a_finding_without_a_place_says_so() -> None:
    found = replace(finding(), location=None)
    assert {remedy.problem for remedy in fix.remedies(found, CELL)} == {"in which cell the loss is given was not seen"}


def test_a_fault_of_ours_is_no_edit_and_no_crash() -> None:
    class Broken(dict):
        def get(self, *_):
            raise RuntimeError("broken")

    (found,) = fix.with_edits((replace(finding(), location=Location("cell", 2, 8, 1)),), (), fix.Sources(Broken(), {}))
    assert all(r.edit is None and "RuntimeError: broken" in r.problem for r in found.fix.remedies)


def test_the_report_carries_remedies_edits_and_diffs() -> None:
    found = finding()
    found = replace(found, fix=replace(found.fix, remedies=fix.remedies(found, CELL)))
    report = logit_magic.Report((found.pair,), (found,))
    remedy = json.loads(json.dumps(report.to_dict()))["findings"][0]["fix"]["remedies"][0]
    assert remedy["edit"]["replacements"][0]["start"] == CELL.index("'sparse")
    assert remedy["edit"]["diff"].splitlines()[-1].startswith("+ä = 1; model.compile(")
    assert remedy["steps"] == [{"kind": "set-flag", "value": True}]
    for shown in (str(report), html.unescape(report.to_html())):
        assert "+ä = 1; model.compile(" in shown and "-ä = 1; model.compile(" in shown


def test_overlapping_replacements_are_refused() -> None:
    with pytest.raises(ValueError, match="overlaps"):
        fix.applied("abcdef", (Replacement(0, 3, "x"), Replacement(2, 4, "y")))
    assert fix.applied("abcdef", (Replacement(3, 3, "y"), Replacement(0, 1, "x"))) == "xbcydef"


def test_positions_are_those_of_the_text_whatever_ipython_reads_in_its_own_way() -> None:
    text = "%%checkloss\n%%time\n\n  # Füße\n  !ls -l \\\n     foo(\n  s = '''\n%no magic\n'''\n  ä = 'ö🙂'; call(x)  # c\n  model?\n"
    source = Source(text)
    calls = [source.segment(node) for node in source.parents if type(node).__name__ == "Call"]
    assert calls == ["call(x)"] and len(source.masked) == len(text)
    with pytest.raises(UnsureError):
        Source("%%writefile x.py\nx")
