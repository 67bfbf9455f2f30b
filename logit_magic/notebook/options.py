"""The options of `%checkloss` and `%%checkloss`: declared once, for parsing and for help alike."""

from __future__ import annotations

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
    argument("--only", nargs="+", default=(), metavar="CODE", help="report only these codes"),
    argument("--ignore", nargs="+", default=(), metavar="CODE", help="do not report these codes"),
    argument("--strict", action="store_true", help="fail the cell with MismatchError on an error"),
    argument("--text", action="store_true", help="plain text, no widget"),
    argument("--quiet", action="store_true", help="nothing when clean"),
    argument("--report", metavar="NAME", help="store the Report under this name"),
    argument("--budget", type=float, default=2.0, metavar="SECONDS", help="run the model for no longer (default 2)"),
    argument("--fix", action="store_true", help="put the corrected source in place of the cell"),
    argument("--explain", type=str.upper, metavar="CODE", help="show a rule's page"),
    argument("--about", action="store_true", help="show versions, for a bug report"),
)


@declared
def _declaration(line: str) -> None:
    """Carries the declared options for a parser of our own."""


_parser: MagicArgumentParser = construct_parser(_declaration)


def parse(line: str) -> Namespace:
    """The options of one line.

    Raises:
        UsageError: an option that there is not, or a value that does not fit.
    """
    try:
        options: Namespace = _parser.parse_argstring(line)
    except (UsageError, ValueError) as error:  # ValueError: a quotation that is not closed
        raise UsageError(f"checkloss: {error}; `%checkloss?` lists what is accepted") from None
    if options.samples < 0:
        raise UsageError(f"checkloss: --samples takes a number from 0 up, not {options.samples}")
    if not options.budget > 0:
        raise UsageError(f"checkloss: --budget takes a number of seconds above 0, not {options.budget:g}")
    if options.report is not None and (not options.report.isidentifier() or iskeyword(options.report)):
        raise UsageError(f"checkloss: --report takes a variable name, not {options.report!r}")
    _check_codes([*options.only, *options.ignore, *([options.explain] if options.explain else [])])
    return options


def _check_codes(codes: list[str]) -> None:
    from logit_magic.rules import BY_CODE

    for code in codes:
        if code not in BY_CODE:
            raise UsageError(f"checkloss: there is no code {code!r}; codes are {', '.join(BY_CODE)}")
