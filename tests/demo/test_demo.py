"""The demo notebook: what is saved is fit to be read, and every cell does the same again in a real kernel."""

from __future__ import annotations

import copy
import json
import re

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tests.demo.execute_demo import DEMO, WIDGET_VIEW, cleaned, execute

EXPECTED = {  # cell -> what the report after it finds, worst first
    "first-model": [],
    "two-places": [],
    "linear-true": [],
    "linear-false": ["error LM101"],
    "softmax-false": [],
    "softmax-true": ["warning LM102"],
    "repair-lost": ["error LM102"],
    "fixed": [],
    "namespace": ["error LM101", "error LM102", "warning LM102"],
}
MOST_BYTES = 1_500_000

_CHECKS = re.compile(r"%%?checkloss(?!.*--(un)?watch)")
_FINDING = re.compile(r"^\W*(error|warning|info) (LM\d{3}) `")
_MACHINE = re.compile(r"(?<![\w+/=.])/(work|tmp|home|root|Users|usr|var|opt|mnt)/|[A-Z]:\\\\?Users|ipykernel_\d")
_PROBE = "[f'{f.severity} {f.code}' for f in __import__('logit_magic').last_report().findings]"


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def checking_cells(notebook):
    return [cell for cell in code_cells(notebook) if _CHECKS.match(cell.source)]


def found(cell):
    """What the saved report of a cell finds, read off its text; None where there is no report as HTML."""
    reports = [o.data for o in cell.outputs if o.get("data", {}).get("text/html")]
    if len(reports) != 1:
        return None
    lines = reports[0]["text/plain"].splitlines()
    return [" ".join(match.groups()) for match in map(_FINDING.match, lines) if match]


def problems(notebook):
    """What keeps a saved notebook from being fit to be read anywhere."""
    said = []
    cells = code_cells(notebook)
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(cells) + 1)):
        said.append(f"not executed in order: {counts}")
    for cell in cells:
        if any(output.output_type == "error" for output in cell.outputs):
            said.append(f"{cell.id}: an error is saved")
        if any(WIDGET_VIEW in output.get("data", {}) for output in cell.outputs):
            said.append(f"{cell.id}: a widget is saved, which is dead without its kernel")
        if _MACHINE.search(json.dumps([cell.source, _words(cell.outputs)], ensure_ascii=False)):
            said.append(f"{cell.id}: a path of the machine is saved")
    said += [f"{cell.id}: no report is saved" for cell in checking_cells(notebook) if found(cell) is None]
    if "widgets" in notebook.metadata:
        said.append("widget state is saved, with which some hosts do not show a notebook at all")
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        said.append("the kernel is not python3")
    if len(nbformat.writes(notebook).encode()) >= MOST_BYTES:
        said.append("too large")
    return said


def _words(outputs):
    """Outputs without pictures, whose letters mean nothing."""
    words = copy.deepcopy(outputs)
    for output in words:
        output.pop("metadata", None)
        for kind in [kind for kind in output.get("data", {}) if kind.startswith("image/")]:
            del output.data[kind]
    return words


def executed_with_codes(notebook):
    """Execute a copy, and ask for the findings after every check: (executed cells by id, findings by id)."""
    copied = copy.deepcopy(notebook)
    cells = []
    for cell in copied.cells:
        cells.append(cell)
        if cell.cell_type == "code":
            cell.outputs = []
            if _CHECKS.match(cell.source):
                cells.append(new_code_cell(_PROBE, id=f"{cell.id}-probe"))
    copied.cells = cells
    by_id = {cell.id: cell for cell in code_cells(execute(copied))}
    probes = {name: by_id[f"{name}-probe"] for name in by_id if f"{name}-probe" in by_id}
    codes = {name: json.loads(_result(probe).replace("'", '"')) for name, probe in probes.items()}
    return by_id, codes


def _result(cell):
    (result,) = (output for output in cell.outputs if output.output_type == "execute_result")
    return result.data["text/plain"]


def printed(cell):
    return "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stdout")


@pytest.fixture(scope="module")
def saved():
    return nbformat.read(DEMO, as_version=4)


@pytest.fixture(scope="module")
def fresh(saved):
    return executed_with_codes(saved)


def test_saved_notebook_is_valid_and_fit_to_be_read(saved):
    nbformat.validate(saved)
    assert problems(saved) == []


def test_saved_reports_find_what_the_story_says(saved):
    assert [(cell.id, found(cell)) for cell in checking_cells(saved)] == list(EXPECTED.items())


def test_saved_notebook_was_cleaned(saved):
    assert nbformat.writes(cleaned(copy.deepcopy(saved))) == nbformat.writes(saved)


def test_fresh_run_finds_what_the_story_says(fresh):
    assert list(fresh[1].items()) == list(EXPECTED.items())


def test_fresh_run_shows_report_and_panel(fresh):
    for name in EXPECTED:
        kinds = [set(output.data) for output in fresh[0][name].outputs if output.output_type == "display_data"]
        assert [WIDGET_VIEW in kind for kind in kinds] == [False, True], name
        assert found(fresh[0][name]) == EXPECTED[name]


def test_fresh_run_bears_out_the_prose(fresh):
    cells, _ = fresh
    assert "the same winner in every row: True" in printed(cells["two-readings"])
    assert "the same predictions: True" in printed(cells["two-places"])
    assert printed(cells["two-places-report"]).count("expects class-probabilities: match") == 2
    table = [line.rsplit(maxsplit=4) for line in printed(cells["cost"]).splitlines()[1:]]
    assert [verdict for _, _, verdict, _, _ in table] == ["match", "mismatch", "match", "rescued", "mismatch"]
    linear, untold, softmax, repaired, lost = (float(accuracy.rstrip("%")) for *_, accuracy in table)
    assert min(linear, softmax) > 85 and abs(linear - softmax) < 5
    assert abs(softmax - repaired) < 2
    assert untold < 60
    assert untold < lost < softmax
    assert float(table[-1][3]) + 0.005 >= 1.461
    assert "Was this intended" in _stderr(cells["softmax-true"]) and not _stderr(cells["repair-lost"])
    assert "sum 1.0" in printed(cells["topk"])
    assert [line.endswith("True") for line in printed(cells["topk-other"]).splitlines()[2:]] == [True, False]
    assert "image/png" in cells["plot"].outputs[0].data and "image/png" in cells["one-picture"].outputs[0].data


def test_fresh_run_is_watched(fresh):
    assert fresh[0]["watched-good"].outputs == []
    (line,) = fresh[0]["watched-bad"].outputs
    assert line.data["text/plain"].startswith("LM101 error: `forgotten`")


def _stderr(cell):
    return "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr")


# The checks themselves: each must be able to fail.


def planted(source="1", count=1, outputs=(), **metadata):
    cell = new_code_cell(source, id="planted", execution_count=count, outputs=list(outputs))
    return new_notebook(
        cells=[cell], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}, **metadata}
    )


def stream(text):
    return new_output("stream", name="stderr", text=text)


def display(**data):
    return new_output("display_data", {kind.replace("_", "/", 1): value for kind, value in data.items()})


def test_no_problem_in_a_plain_notebook():
    assert problems(planted(outputs=[stream("https://example.org/home/ and a/tmp/ are no paths of a machine")])) == []
    assert problems(planted("%checkloss --watch")) == []
    assert problems(planted(outputs=[display(image_png="/tmp/")])) == []


@pytest.mark.parametrize(
    ("notebook", "problem"),
    [
        (planted(count=2), "not executed in order"),
        (planted(count=None), "not executed in order"),
        (planted(outputs=[new_output("error", ename="E", evalue="", traceback=[])]), "an error is saved"),
        (planted(outputs=[new_output("display_data", {WIDGET_VIEW: {"model_id": "1"}})]), "a widget is saved"),
        (planted(outputs=[stream("/work/venv/x.py:1: UserWarning")]), "a path of the machine"),
        (planted(outputs=[stream("File /tmp/ipykernel_12/34.py")]), "a path of the machine"),
        (planted(outputs=[display(text_html="<b>/home/me/x</b>")]), "a path of the machine"),
        (planted("open('/home/me/x')"), "a path of the machine"),
        (planted("%%checkloss\n1"), "no report is saved"),
        (planted("%checkloss x", outputs=[display(text_plain="1 pair checked, it matches.")]), "no report is saved"),
        (planted(widgets={}), "widget state is saved"),
        (planted(kernelspec={"name": "mine", "display_name": "Mine"}), "the kernel is not python3"),
        (planted(outputs=[stream("x" * MOST_BYTES)]), "too large"),
    ],
)
def test_a_planted_problem_is_found(notebook, problem):
    (said,) = problems(notebook)
    assert problem in said


def test_found_reads_the_saved_report():
    text = "✖ error LM101 `a` emits\n▲ warning LM102 `b` emits\n2 pairs checked.\n\n✖ mismatch a\n  ✖ error LM101 slug"
    (cell,) = planted("%%checkloss", outputs=[display(text_plain=text, text_html="<p>report</p>")]).cells
    assert found(cell) == ["error LM101", "warning LM102"]


def test_cleaning_takes_away_noise_and_keeps_the_rest():
    noise = "WARNING: All log messages before absl::InitializeLog() is called\nI0000 00:00:17.9   17 port.cc:153] on\n"
    outputs = [
        stream(noise),
        stream(noise + "/a/site-packages/keras/nn.py:1: UserWarning\n"),
        stream("more\n"),
        new_output("display_data", {"text/plain": "", "text/html": "", WIDGET_VIEW: {"model_id": "1"}}),
        display(text_plain="kept"),
    ]
    (cell,) = cleaned(planted(outputs=outputs, widgets={})).cells
    assert [o.get("text") or o.data for o in cell.outputs] == [
        "keras/nn.py:1: UserWarning\nmore\n",
        {"text/plain": "kept"},
    ]


def test_a_fresh_run_tells_other_codes_and_failing_cells():
    model = "keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3)])"
    checked = f"%%checkloss\nimport keras\nm = {model}\nm.compile(loss='sparse_categorical_crossentropy')"
    notebook = planted("%load_ext logit_magic")
    notebook.cells.append(new_code_cell(checked, id="wrong"))
    assert executed_with_codes(notebook)[1] == {"wrong": ["error LM101"]}
    notebook.cells.append(new_code_cell("1 / 0", id="fails"))
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        executed_with_codes(notebook)
