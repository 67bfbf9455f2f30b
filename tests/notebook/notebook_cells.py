"""Cells that must run the same with `%%checkloss` on top as with a comment there: Python and IPython, without Keras."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One or more cells, run in order, each under `%%checkloss`.

    Attributes:
        name: what it is about.
        cells: their source.
        timed: they print how long something took.
        late: text that a process writes past Python.
        status: of the last reply, so that a row shows what it claims to show.
    """

    name: str
    cells: tuple[str, ...]
    timed: bool = False
    late: str = ""
    status: str = "ok"


def row(name: str, *cells: str, **more: object) -> Row:
    return Row(name, cells, **more)  # type: ignore[arg-type]


def error(name: str, *cells: str) -> Row:
    return Row(name, cells, status="error")


RESULTS = (
    row("last_expression", "1 + 1"),
    row("trailing_semicolon", "1 + 1;", "_"),
    row("semicolon_and_comment", "41 + 1;  # no output"),
    row("underscore_and_out", "10", "20", "30", "_, __, ___, sorted(Out)[-3:]"),
    row("none_is_not_shown", "None", "_"),
    row("own_repr", "class Page:\n    def _repr_html_(self):\n        return '<b>p</b>'\nPage()"),
    row(
        "history",
        "a1 = 'first'",
        "In[-2].splitlines()[1:], _i.splitlines()[1:], _ii.splitlines()[1:], len(In), len(_ih)",
    ),
    row("history_magic", "a2 = 1", "%history -n -t -l 1"),
    row(
        "source_of_itself",
        "import inspect\ndef own():\n    return 7\nprint(inspect.getsource(own), own.__code__.co_firstlineno)",
    ),
    row("names_in_the_namespace", "sorted(globals())"),
    row("empty_cell", ""),
    row("blank_cell", "\n  \n"),
    row("comment_only", "# nothing here"),
    row("blank_lines_first", "\n\n3"),
    row("doctest_prompts", ">>> dt = 5\n>>> dt"),
    row("non_ascii", "größe = 'πλ → 損失'\nprint(größe)\ngröße"),
    row("percent_in_strings", "n = 3\nprint(f'{n:%}', '%d of %s' % (n, '%%'), f'{n % 2}%')\n'%%checkloss'"),
    row("percent_at_line_start", "q = 7\nq = (q\n% 4)\nq"),
    row("our_line_in_a_string", "text = '''\n%%checkloss --strict\n'''\ntext"),
    row("line_continuation", "total = 1 + \\\n    2\ntotal"),
)
OUTPUT = (
    row("print", "print('a', 'b', sep='-')\nprint()"),
    row("no_newline_at_end", "print('x', end='')"),
    row("carriage_return", "for i in range(3):\n    print(i, end='\\r')"),
    row("stderr_between", "import sys\nprint('1'); print('2', file=sys.stderr); print('3')"),
    row("display_html", "from IPython.display import HTML, display\ndisplay(HTML('<i>h</i>'))\nHTML('<b>h</b>')"),
    row("display_metadata", "display({'text/plain': 'raw'}, raw=True, metadata={'k': {'v': 1}})"),
    row(
        "update_display",
        "display('one', display_id='d1')\nfrom IPython.display import update_display\n"
        "update_display('two', display_id='d1')",
    ),
    row("display_handle", "handle = display('h', display_id='d2')\nhandle.update('i')\nhandle"),
    row(
        "clear_output",
        "from IPython.display import clear_output\nprint('x')\nclear_output(wait=True)\nprint('y')\nclear_output()",
    ),
    row("warning", "import warnings\nwarnings.warn('careful')"),
    row("warning_deeper", "def warned():\n    warnings.warn('below', stacklevel=2)\n\nwarned()"),
    row(
        "logging",
        "import logging, sys\nlogging.basicConfig(stream=sys.stdout, force=True)\nlogging.warning('%s at %d', 'w', 3)",
    ),
    row("logged_exception", "try:\n    1 / 0\nexcept ZeroDivisionError:\n    logging.exception('went wrong')"),
    row(
        "threads_printing",
        "import threading\nt = threading.Thread(target=lambda: print('in thread'))\n"
        "t.start(); t.join()\nprint('after')",
    ),
    row(
        "process_output_caught",
        "import subprocess, sys\n"
        "print(subprocess.run([sys.executable, '-c', 'print(6)'], capture_output=True, text=True).stdout)",
    ),
    row(
        "process_output_past_python",
        "done = subprocess.run(['echo', 'past', 'python']).returncode",
        late="past python\n",
    ),
    row(
        "print_redefined",
        "def print(*args):\n    sys.stdout.write('mine\\n')\nprint('theirs')",
        "del print\nprint('theirs')",
    ),
    row(
        "display_hook_replaced",
        "old_hook = sys.displayhook\nsys.displayhook = lambda value: None\n5",
        "sys.displayhook = old_hook\n5",
    ),
    row(
        "stdout_replaced",
        "import io\nkept, sys.stdout = sys.stdout, io.StringIO()\nprint('kept')",
        "sys.stdout = kept\nprint('back')",
    ),
    row(
        "captured_display",
        "from IPython.utils.capture import capture_output\nwith capture_output() as got:\n"
        "    display('in')\nlen(got.outputs)",
    ),
)
SHELL = (
    row("shell_command", "!echo from the shell"),
    row("shell_into_name", "listed = !echo a; echo b\nlisted, type(listed).__name__"),
    row("shell_failing", "!exit 3\n_exit_code"),
    row("line_magics", "%env LM_TEST=1\nx9 = %env LM_TEST\nx9"),
    row("magic_after_code", "k = 2\n%who_ls function\nk"),
    error("unknown_magic", "%nosuchmagic 1"),
    error("unknown_cell_magic", "%%nosuchmagic\n1"),
    row("time", "%%time\nspent = sum(range(9))\nspent", timed=True),
    row("capture", "%%capture got\nprint('hidden')\n1", "got.stdout, len(got.outputs)"),
    row("timeit", "%%timeit -n1 -r1\nsum(range(9))", timed=True),
    row("time_and_error", "%%time\nx = 1\nraise KeyError('in time')", timed=True, status="error"),
    row("two_more_cell_magics", "%%capture twice\n%%time\nprint('hidden')", "'hidden' in twice.stdout"),
    row("bash", "%%bash\necho one\necho two >&2"),
    row("writefile", "%%writefile written.txt\n%%checkloss inside\n{n}", "!cat written.txt"),
    row("run_script", "%%writefile small.py\nprint('script', __name__)\nfrom_script = 8", "%run small.py\nfrom_script"),
    row("run_cell_inside", "r = get_ipython().run_cell('inner = 6\\ninner')\nr.success, r.result, inner"),
    row("run_failing_cell_inside", "r = get_ipython().run_cell('1/0')\nr.success"),
    row("help", "?len"),
    row("next_input", "get_ipython().set_next_input('later = 1')"),
    row(
        "own_cell_magic",
        "from IPython.core.magic import register_cell_magic\n@register_cell_magic\n"
        "def twofold(line, cell):\n    get_ipython().run_cell(cell)\n"
        "    get_ipython().run_cell(cell)",
        "%%twofold\nprint('again')",
    ),
    row("async", "import asyncio\nawait asyncio.sleep(0)\nprint('awaited')\nawait asyncio.sleep(0, 'result')"),
    row(
        "async_for",
        "async def three():\n    for i in range(3):\n        yield i\nasync for i in three():\n"
        "    print(i)\n[i async for i in three()]",
    ),
    error("async_error", "async def late():\n    await asyncio.sleep(0)\n    raise LookupError('late')\nawait late()"),
    row("task_left_behind", "async def soon():\n    return 4\ntask = asyncio.ensure_future(soon())", "await task"),
)
LANGUAGE = (
    row(
        "closures",
        "def outer():\n    n = 1\n    def inner():\n        nonlocal n\n        n += 1\n"
        "        return n\n    return inner\nouter()()",
    ),
    row(
        "classes",
        "class A:\n    x: int = 1\n    def __repr__(self):\n        return f'A at {self.x}'\n"
        "class B(A): pass\n[A(), B()], B.__mro__",
    ),
    row("generator", "def count():\n    yield 1\n    yield 2\ng = count()\nnext(g), list(g), g"),
    row("deletes_its_names", "gone = 1\nkept_name = 2\ndel gone", "'gone' in globals()"),
    row(
        "annotations_from_the_future",
        "from __future__ import annotations\ndef noted(x: Nowhere) -> None: ...\nnoted.__annotations__",
    ),
    row(
        "decorators",
        "import functools\ndef loud(f):\n    @functools.wraps(f)\n    def g(*a):\n"
        "        print('call')\n        return f(*a)\n    return g\n@loud\ndef plus(a, b):\n"
        "    return a + b\nplus(1, 2)",
    ),
    row("docstring_on_top", "'''Cell's docstring.'''\n__doc__"),
    row(
        "frame_and_file",
        "import sys\nf = sys._getframe()\nf.f_lineno, f.f_code.co_name, f.f_back.f_code.co_name, __name__",
    ),
    row("stack_depth", "import traceback\n[entry.name for entry in traceback.extract_stack()]"),
    row("global_statement", "def setter():\n    global set_here\n    set_here = 1\nsetter()\nset_here"),
    row("walrus_and_match", "match (w := [1, 2]):\n    case [a, b]:\n        print(a, b, w)"),
    row("dataclass", "from dataclasses import dataclass\n@dataclass\nclass D:\n    x: int = 0\nD(3)"),
    row("pickling", "import pickle\nclass P: pass\ntype(pickle.loads(pickle.dumps(P()))) is P"),
)
ERRORS = (
    error("error_in_line", "x = 1\ny = 2\nz = x / (y - 2)\nprint('never')"),
    error("error_in_function", "def below():\n    raise ValueError('below')\n\ndef above():\n    below()\n\nabove()"),
    error("error_from_earlier_cell", "def earlier():\n    return undefined_name", "earlier()"),
    error("syntax_error", "x = 1\nx = = 2"),
    error("indentation_error", "if True:\n    x = 1\n  y = 2"),
    error("tab_error", "if True:\n    x = 1\n\ty = 2"),
    error("return_outside", "x = 1\nreturn x"),
    error("unclosed_bracket", "x = (1,\n"),
    error("chained", "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise RuntimeError('then') from e"),
    error("during_handling", "try:\n    {}['k']\nexcept KeyError:\n    undefined_too"),
    error("group", "raise BaseExceptionGroup('g', [ValueError(1), TypeError(2)])"),
    error(
        "own_exception",
        "class Custom(Exception):\n    def __str__(self):\n        return 'custom: %d' % 5\nraise Custom",
    ),
    error(
        "traceback_rendered",
        "class Shown(Exception):\n    def _render_traceback_(self):\n        return ['rendered']\nraise Shown('s')",
    ),
    error("keyboard_interrupt", "raise KeyboardInterrupt"),
    error("interrupted", "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)"),
    error("interrupted_await", "os.kill(os.getpid(), signal.SIGINT)\nawait asyncio.sleep(60)"),
    error("system_exit", "import sys\nsys.exit(3)"),
    error("system_exit_in_async", "await asyncio.sleep(0)\nsys.exit()"),
    error("input_refused", "name = input('name? ')"),
    error("usage_error", "%run"),
    error("recursion", "def deep(n):\n    return deep(n + 1)\ndeep(0)"),
    error("assertion", "assert 1 == 2, 'one is two'"),
    row("after_an_error", "1 / 0", "'go on'"),
    row("xmode_and_tb", "def f3():\n    raise OSError(2, 'no')\nf3()", "%tb"),
    row("xmode", "%xmode Minimal\n1 / 0", "%xmode Context"),
)
PYTHON = (*RESULTS, *OUTPUT, *SHELL, *LANGUAGE, *ERRORS)
