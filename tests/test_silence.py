"""Which comments silence what, and where: both signs, read as Python reads them."""

from __future__ import annotations

import pytest

from logit_magic.facts import Location
from logit_magic.silence import ALL, Comment, comments, silenced


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1  # checkloss: ignore", [(1, (ALL,))]),
        ("x = 1  #checkloss:ignore", [(1, (ALL,))]),
        ("x = 1\n\ny = 2  # checkloss: ignore[LM101]", [(3, ("LM101",))]),
        ("x = 1  # checkloss: ignore[LM101, LM102] since it is meant", [(1, ("LM101", "LM102"))]),
        ("x = 1  # checkloss: ignore [lm101 lm102]", [(1, ("LM101", "LM102"))]),
        ("x = 1  # noqa: E501  # checkloss: ignore", [(1, (ALL,))]),
        ("x = 1  # checkloss: ignore[LM999]", [(1, ("LM999",))]),
        ("x = 1  # checkloss: ignore[]", []),
        ("x = 1  # checkloss: ignored", []),
        ("x = 1  # checkloss is to ignore this", []),
        ("x = '# checkloss: ignore'", []),
        ("x = '''\n# checkloss: ignore\n'''", []),
        ("%%time\n!ls 'half\n%matplotlib inline\nx = 1  # checkloss: ignore", [(4, (ALL,))]),
        ("%%checkloss --quiet\nx = 1  # checkloss: ignore", [(2, (ALL,))]),
        ("%%mine\nx = 1  # checkloss: ignore\ny = ('", [(2, (ALL,))]),
        ("x = (  # checkloss: ignore\n", [(1, (ALL,))]),
    ],
)
def test_comments(text, found) -> None:
    assert list(comments(text)) == [Comment(line, codes) for line, codes in found]


CALL = """\
loss = make(  {0}
    from_logits=True,  {1}
)  {2}
other = make()  {3}
model.compile(  {4}
    optimizer="sgd",  {5}
    loss=loss,  {6}
)  {7}
model.fit(x, y)  {8}
"""


@pytest.mark.parametrize("place", range(9))
def test_any_line_of_the_call_and_of_the_loss_that_it_names(place) -> None:
    text = CALL.format(*("# checkloss: ignore[LM101]" if i == place else "" for i in range(9)))
    expected = {"LM101"} if place in (0, 1, 2, 4, 5, 6, 7) else set()
    assert silenced(text, Location("cell", 7, 9)) == expected


@pytest.mark.parametrize(
    ("text", "line", "column", "silent"),
    [
        ("m.compile(loss='mse')  # checkloss: ignore", 1, 15, True),
        ("m.compile(loss=make(\n    1))  # checkloss: ignore", 1, 15, True),
        ("# checkloss: ignore\nm.compile(loss='mse')", 2, 15, False),
        ("m.compile(loss='mse')\n# checkloss: ignore", 1, 15, False),
        ("def f():  # checkloss: ignore\n    m.compile(loss='mse')", 2, 19, False),
        ("run(lambda: m.compile(loss='mse'),\n    1)  # checkloss: ignore", 1, 27, False),
        ("a.compile(loss='mse'); b.compile(\n    loss='mse')  # checkloss: ignore", 1, 15, False),
        ("loss = 'a'  # checkloss: ignore\nloss = 'b'\nm.compile(loss=loss)", 3, 15, False),
        ("loss = 'a'\nloss = 'b'  # checkloss: ignore\nm.compile(loss=loss)", 3, 15, True),
        ("m.compile(loss=loss)\nloss = 'b'  # checkloss: ignore", 1, 15, False),
        ("m.compile(loss='ü', x=1)  # checkloss: ignore", 1, 15, True),
        ("  m.compile(loss='mse')  # checkloss: ignore", 1, 17, True),
        ("%%mine\nm.compile(loss='mse')  # checkloss: ignore", 2, 15, True),
        ("%%mine\nm.compile(loss='mse')\nx = 1  # checkloss: ignore", 2, 15, False),
    ],
)
def test_places(text, line, column, silent) -> None:
    assert silenced(text, Location("cell", line, column)) == (frozenset({ALL}) if silent else frozenset())
