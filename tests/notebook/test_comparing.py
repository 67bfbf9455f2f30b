"""The comparison behind the plain-run tests can fail: every planted difference is reported, and nothing else is."""

from __future__ import annotations

import pytest
from notebook_compare import differences, ours, shown
from notebook_kernel import Said

from logit_magic.report import html

BUSY, IDLE = ("status", {"execution_state": "busy"}), ("status", {"execution_state": "idle"})
VIEW = "application/vnd.jupyter.widget-view+json"
REPORT = ("display_data", {"data": {"text/plain": "1 pair", "text/html": html.root(["1 pair"])}, "metadata": {}})
LINE = ("display_data", {"data": {"text/plain": "checkloss: unrecognized"}, "metadata": {}})
WIDGET = ("comm_open", {"comm_id": "a1", "data": {"state": {"children": ["IPY_MODEL_b2"]}}})
INNER = ("comm_open", {"comm_id": "b2", "data": {"state": {}}})
UPDATE = ("comm_msg", {"comm_id": "b2", "data": {"method": "update"}})
FOREIGN = ("comm_open", {"comm_id": "c3", "data": {"state": {}}})


def _view(model, text=""):
    return (
        "display_data",
        {"data": {"text/plain": text, "text/html": text, VIEW: {"model_id": model}}, "metadata": {}},
    )


def _stream(text, name="stdout"):
    return ("stream", {"name": name, "text": text})


def _result(text, count=1):
    return ("execute_result", {"data": {"text/plain": text}, "metadata": {}, "execution_count": count})


def _said(*messages, **reply):
    return Said((BUSY, *messages, IDLE), {"status": "ok", "execution_count": 1, **reply})


@pytest.mark.parametrize(
    ("checked", "plain", "reported"),
    [
        (_said(_stream("a")), _said(_stream("a")), 0),
        (_said(_stream("a")), _said(_stream("b")), 1),
        (_said(_stream("a")), _said(_stream("a", "stderr")), 1),
        (_said(_stream("a"), _stream("b")), _said(_stream("ab")), 0),  # how a stream was cut up
        (_said(_stream("a"), _stream("b", "stderr")), _said(_stream("b", "stderr"), _stream("a")), 2),
        (_said(_result("1")), _said(), 2),  # one position that differs, one message more
        (_said(), _said(_result("1")), 2),
        (_said(_result("1")), _said(_result("1", count=2)), 1),
        (_said(_result("<A at 0x7f00aa11>")), _said(_result("<A at 0x7f00aa22>")), 0),
        (_said(_result("0x1f")), _said(_result("0x2f")), 1),  # a small number is no address
        (_said(_stream("\x1b[31mred\x1b[0m")), _said(_stream("red")), 0),
        (_said(_stream("/tmp/ipykernel_1/22334455.py:3")), _said(_stream("/tmp/ipykernel_2/66778899.py:3")), 0),
        (_said(_stream("/tmp/ipykernel_1/22334455.py:3")), _said(_stream("/tmp/ipykernel_1/22334455.py:4")), 1),
        (_said(_stream("1/1 - 0s - 12ms/step - loss: 2.0")), _said(_stream("1/1 - 0s - 13ms/step - loss: 2.0")), 1),
        (_said(("execute_input", {"code": "a"})), _said(("execute_input", {"code": "b"})), 0),
        (_said(status="error"), _said(), 1),
        (_said(ename="KeyError"), _said(ename="ValueError"), 1),
        (_said(user_expressions={"e": {"status": "ok"}}), _said(user_expressions={"e": {"status": "error"}}), 1),
        (_said(execution_count=2), _said(), 1),
        (_said(engine_info={"engine_uuid": "a"}), _said(engine_info={"engine_uuid": "b"}), 0),
        (_said(REPORT), _said(), 0),
        (_said(), _said(REPORT), 2),  # the plain kernel has no extension: nothing is ours there
    ],
)
def test_differences_are_reported(checked, plain, reported):
    assert len(differences(checked, plain)) == reported


@pytest.mark.parametrize(
    ("checked", "plain", "reported"),
    [
        ("1/1 - 0s - 12ms/step - loss: 2.0", "1/1 - 1s - 1s/step - loss: 2.0", 0),
        ("1/1 - 0s - 12ms/step - loss: 2.0", "1/1 - 0s - 12ms/step - loss: 2.1", 1),
        ("1/1 - 0s - 12ms/step - loss: 2.0", "1/1 - 0s - 12ms/epoch - loss: 2.0", 0),
        ("Wall time: 12 μs", "Wall time: 9.54 ms", 0),
        ("sys: 0 ns, total: 12 μs", "sys: 1e+03 ns, total: 12 μs", 0),
        ("Wall time: 12 μs", "CPU time: 12 μs", 1),
        ("3/3 [00:00<00:00, 812.5it/s]", "3/3 [00:01<00:00,  1.20s/it]", 0),
        ("3/3 [00:00<00:00, 812.5it/s]", "2/3 [00:00<00:00, 812.5it/s]", 1),
        ("t_0123456789abcdef0123456789abcdef.py", "t_fedcba9876543210fedcba9876543210.py", 0),
        ("t_0123456789abcdef0123456789abcdef.py", "u_fedcba9876543210fedcba9876543210.py", 1),
        ("1 passed in 0.01s", "1 passed in 0.12s", 0),
        ("1 passed in 0.01s", "2 passed in 0.01s", 1),
    ],
)
def test_only_timing_digits_are_forgiven(checked, plain, reported):
    assert len(differences(_said(_stream(checked)), _said(_stream(plain)), timed=True)) == reported


@pytest.mark.parametrize(
    ("messages", "indices"),
    [
        ((REPORT,), [1]),
        ((LINE,), [1]),
        ((REPORT, WIDGET, INNER, UPDATE, _view("a1")), [1, 2, 3, 4, 5]),
        ((REPORT, WIDGET, INNER, FOREIGN, _view("a1")), [1, 2, 3, 5]),
        ((WIDGET, INNER, _view("a1")), []),  # a widget without a report before it is the user's
        ((REPORT, FOREIGN, _view("c3", "VBox()")), [1]),  # and so is one that says what it is
        ((_result("checkloss: a string"),), []),
        ((_stream("LM101 printed"),), []),
        ((("display_data", {"data": {"text/plain": "checklosses"}, "metadata": {}}),), []),
        ((("display_data", {"data": {"text/plain": "p", "text/html": "<div>p</div>"}, "metadata": {}}),), []),
    ],
)
def test_what_counts_as_ours(messages, indices):
    assert ours(_said(*messages)) == indices


def test_what_was_shown_is_the_text_of_what_is_ours():
    assert shown(_said(_stream("own"), REPORT, WIDGET, INNER, _view("a1"), LINE)) == [
        "1 pair",
        "checkloss: unrecognized",
    ]


@pytest.mark.parametrize(
    "planted", ["print(1)", "1 / 0", "_", "import sys; print(end='x', file=sys.stderr)", "display(1)"]
)
def test_a_difference_between_real_kernels_is_reported(pair, planted):
    request = {"stop_on_error": False}
    checked, plain = pair.checked.run(f"%%checkloss\n2\n{planted}", **request), pair.plain.run("# line\n3", **request)
    assert differences(checked, plain) != []
