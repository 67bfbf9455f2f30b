"""Cells that must run the same with `%%checkloss` on top: with other extensions, widgets, scripts, tasks and threads."""

from __future__ import annotations

from notebook_cells import Row, row
from notebook_keras_cells import _MODEL

_FIT = "small.compile('sgd', 'sparse_categorical_crossentropy')\n"

COMPANY: tuple[Row, ...] = (
    row(
        "autoreload",
        "%%writefile reloaded.py\ndef build(keras):\n    return keras.layers.Dense(2).units",
        "%load_ext autoreload\n%autoreload 2\nimport reloaded\nreloaded.build(keras)",
        "import os, pathlib\nwritten = pathlib.Path('reloaded.py')\n"
        "done = written.write_text(written.read_text().replace('Dense(2)', 'Dense(5)'))\n"
        "os.utime('reloaded.py', (2e9, 2e9))",
        "reloaded.build(keras)",
        "%autoreload 0",
    ),
    row(
        "script_with_keras",
        "%%writefile trains.py\nimport keras\nimport numpy as np\nkeras.utils.set_random_seed(1)\n"
        "net = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])\n"
        "net.compile('sgd', 'sparse_categorical_crossentropy')\n"
        "print(net.fit(np.ones((4, 3)), np.arange(4) % 2, verbose=0).history)",
        "%run trains.py\nnet.compiled",
        "%run -i trains.py\nnet.compiled",
        "%run -t trains.py",
        timed=True,
    ),
    row("script_that_fails", "%%writefile fails.py\nimport keras\nkeras.layers.Dense(-1)", "%run fails.py"),
    row(
        "captured_training",
        f"%%capture trained\n{_MODEL}{_FIT}small.fit(x, y, verbose=2)",
        "len(trained.outputs), 'loss' in trained.stdout, trained.stderr",
    ),
    row("ipytest_set_up", "import ipytest\nipytest.autoconfig()"),
    row(
        "ipytest",
        "%%ipytest -p no:cacheprovider\ndef test_units():\n    assert keras.layers.Dense(2).units == 2",
        "%%ipytest -p no:cacheprovider\ndef test_units():\n    assert 1 == 2",
        "ipytest.exit_code",
        timed=True,
    ),
    row("tqdm", "from tqdm.notebook import tqdm\nfor i in tqdm(range(3), miniters=1, mininterval=0):\n    pass", timed=True),
    row("tqdm_in_text", "from tqdm import tqdm as bar\nfor i in bar(range(3), file=sys.stdout):\n    pass", timed=True),
    row(
        "training_awaited",
        f"import asyncio\n{_MODEL}{_FIT}async def train():\n    await asyncio.sleep(0)\n"
        "    return small.fit(x, y, verbose=0).history\nawait train()",
        "await asyncio.gather(train(), train())",
        "await asyncio.to_thread(lambda: small.fit(x, y, verbose=0).history)",
    ),
    row(
        "training_in_a_thread",
        f"import threading\n{_MODEL}{_FIT}worker = threading.Thread(target=lambda: small.fit(x, y, epochs=20, verbose=0))\n"
        "worker.start()",
        "small.name, worker.join()",
        "small.history.history, [w.tolist() for w in small.get_weights()]",
    ),
)  # fmt: skip
