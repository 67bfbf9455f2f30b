"""`%%px` of ipyparallel: its cells run on engines as ever, and an engine checks what runs there if it has the extension."""

from __future__ import annotations

import pytest
from notebook_compare import differences, shown
from notebook_kernel import Said

CLUSTER = """\
import ipyparallel, logging
cluster = ipyparallel.Cluster(n=1, log_level=logging.ERROR)
client = cluster.start_and_connect_sync(activate=True)
client[:].block = True
len(client)
"""
WRONG = """\
%%px --no-stream
%%checkloss --text
import keras
model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
model.compile("sgd", "sparse_categorical_crossentropy")
"""


@pytest.fixture(scope="module")
def parallel(start_kernel):
    kernel = start_kernel()
    said = kernel.run(CLUSTER)
    assert said.reply["status"] == "ok", said
    yield kernel
    kernel.run("client.close(); cluster.stop_cluster_sync()")


def _uncounted(said: Said) -> Said:
    """Without the numbers of cells, which go on."""
    messages = tuple(message for message in said.messages if message[0] != "execute_input")
    return Said(messages, {**said.reply, "execution_count": 0})


@pytest.mark.timeout(300)
def test_cells_of_engines_run_as_ever(parallel):
    cell = "%%px --no-stream\nnumber = 3\nprint('on the engine', number)"
    plain = _uncounted(parallel.run(cell))
    assert "on the engine 3" in plain.stream()
    assert parallel.run("%load_ext logit_magic").reply["status"] == "ok"
    assert differences(_uncounted(parallel.run(f"%%checkloss\n{cell}")), plain) == []
    parallel.run("%checkloss --watch")
    assert differences(_uncounted(parallel.run(cell)), plain) == []
    parallel.run("%checkloss --unwatch")
    failing = parallel.run("%%checkloss\n%%px --no-stream\n1 / 0")
    assert failing.reply["status"] == "error" and shown(failing) == []


@pytest.mark.timeout(300)
def test_an_engine_checks_what_it_runs(parallel):
    assert parallel.run("%%px --no-stream\n%load_ext logit_magic").reply["status"] == "ok"
    said = parallel.run(WRONG)
    text = said.stream() + "".join(str(content) for _, content in said.messages)
    assert said.reply["status"] == "ok" and "LM101" in text
