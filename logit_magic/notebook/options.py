"""The options of `%checkloss` and `%%checkloss`: declared once, for parsing and for help alike."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Callable
from keyword import iskeyword
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic_arguments import MagicArgumentParser, argument, construct_parser, magic_arguments


def declared(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare every option on a magic; IPython makes the help out of it."""
    for option in reversed(_ARGUMENTS):
        function = option(function)
    return magic_arguments("checkloss")(function)  # type: ignore[no-any-return]


_ARGUMENTS = (
    argument("names", nargs="*", metavar="NAME", help="check only what these names hold (line magic)"),
    argument("--watch", action="store_true", help="check after every later cell; says something only on a finding"),
    argument("--unwatch", action="store_true", help="stop watching"),
    argument("--cell", action="store_true", help="on any line of a cell: the same as %%%%checkloss on top of it"),
    argument("--data", nargs=2, metavar=("X", "Y"), help="names of the arrays to sample"),
    argument(
        "--samples", type=int, default=256, metavar="N", help="look at no more than N rows (default 256; 0: none)"
    ),
    argument("--only", nargs="+", action="extend", default=[], metavar="CODE", help="report only these codes or names"),
    argument("--ignore", nargs="+", action="extend", default=[], metavar="CODE", help="do not report these"),
    argument("--strict", action="store_true", help="fail the cell with MismatchError on an error"),
    argument("--text", action="store_true", help="plain text, no widget"),
    argument("--quiet", action="store_true", help="nothing when clean"),
    argument("--report", metavar="NAME", help="store the Report under this name"),
    argument("--budget", type=float, default=2.0, metavar="SECONDS", help="run the model for no longer (default 2)"),
    argument("--fix", action="store_true", help="put the corrected source in place of the cell"),
    argument("--explain", metavar="CODE", help="show a rule's page"),
    argument("--about", action="store_true", help="show versions, for a bug report"),
)


@declared
def _declaration(line: str) -> None:
    """Carries the declared options for a parser of our own."""


_parser: MagicArgumentParser = construct_parser(_declaration)
_parser.allow_abbrev = False  # `--cel` would pass for --cell here, and for nothing where cells are searched for it
_GIVEN_NONE = vars(_parser.parse_args([]))
# tasks of the line magic -> options that mean something beside them
_TASKS: dict[str, tuple[str, ...]] = {
    "watch": ("only", "ignore", "budget"), "unwatch": (), "explain": ("text",), "about": ("text",),
}  # fmt: skip


def on_a_cell(line: str) -> Namespace:
    """The options of `%%checkloss` or `%checkloss --cell`.

    Raises:
        UsageError: an option that there is not, a value that does not fit, or one that is not about this cell.
    """
    options = _parsed(line)
    if options.explain and options.names:
        _require_alone("explain", options)
    if options.watch or options.unwatch or options.names:
        raise UsageError("checkloss: NAME, --watch and --unwatch belong to the line magic %checkloss")
    return options


def on_a_line(line: str) -> Namespace:
    """The options of `%checkloss`.

    Raises:
        UsageError: an option that there is not, a value that does not fit, or two that do not go together.
    """
    options = _parsed(line)
    if options.fix:
        raise UsageError("checkloss: --fix belongs on top of the cell that it is to correct: %%checkloss --fix")
    for task in (task for task in _TASKS if getattr(options, task)):
        _require_alone(task, options)
    return options


def _parsed(line: str) -> Namespace:
    try:
        options: Namespace = _parser.parse_args(_words(line))
    except (UsageError, ValueError) as error:  # ValueError: a quotation that is not closed
        raise UsageError(f"checkloss: {error}; `%checkloss?` lists what is accepted") from None
    if options.samples < 0:
        raise UsageError(f"checkloss: --samples takes a number from 0 up, not {options.samples}")
    if not options.budget > 0:
        raise UsageError(f"checkloss: --budget takes a number of seconds above 0, not {options.budget:g}")
    if options.report is not None and (not options.report.isidentifier() or iskeyword(options.report)):
        raise UsageError(f"checkloss: --report takes a variable name, not {options.report!r}")
    for name in options.data or ():
        if not name.isidentifier():
            raise UsageError(f"checkloss: --data takes names of variables, not {name!r}: assign it to a name first")
    _read_codes(options)
    return options


def _words(line: str) -> list[str]:
    """Split as a shell splits: quotation marks are no part of a word, and a comment ends the line."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.escape = ""
    return list(lexer)


def _read_codes(options: Namespace) -> None:
    """Codes and names of rules, however they are spelled, as the codes that they stand for."""
    from logit_magic.choices import codes

    try:
        options.only, options.ignore = list(codes(options.only)), list(codes(options.ignore))
        explained = codes(options.explain) if options.explain is not None else ()
    except ValueError as error:
        raise UsageError(f"checkloss: {error}") from None
    if len(explained) > 1:
        raise UsageError(f"checkloss: --explain takes one code, not {', '.join(explained)}")
    options.explain = explained[0] if explained else None


def _require_alone(task: str, options: Namespace) -> None:
    given = [name for name, value in vars(options).items() if value != _GIVEN_NONE[name]]
    beside = [name for name in given if name not in (task, "names", *_TASKS[task])]
    words = [*options.names, *(f"--{name}" for name in beside)]
    if words:
        one = "one CODE" if task == "explain" else "no NAME"
        also = f" and, of the options, {', '.join(f'--{name}' for name in _TASKS[task])}" if _TASKS[task] else ""
        raise UsageError(f"checkloss: --{task} takes {one}{also}; it does not go with {', '.join(words)}")
