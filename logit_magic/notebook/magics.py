"""The registered magics, for `%checkloss`, for help and completion, and for `run_cell_magic`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from logit_magic.notebook import cell_line, options

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from logit_magic.notebook.session import Session


@magics_class
class CheckLossMagics(Magics):  # type: ignore[misc]
    """Check whether models and losses agree about logits and probabilities."""

    def __init__(self, shell: InteractiveShell, session: Session) -> None:
        super().__init__(shell)
        self._session = session

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_cell_magic  # type: ignore[untyped-decorator]
    @options.declared
    def checkloss(self, line: str, cell: str | None = None) -> None:
        """Check whether models and losses agree about logits and probabilities.

        `%%checkloss` on top of a cell runs the cell as if the line were not there, then checks what it defined,
        compiled or trained. `%checkloss` checks what the namespace holds now, or only the given names.
        """
        if cell is None:
            if not cell_line.is_for_the_cell(line):  # that the hooks do, and say after the cell what is wrong with it
                self._session.check_now(options.on_a_line(line))
        else:  # only `run_cell_magic` comes here: the input transformer takes the line off a cell that is typed in
            self.shell.run_cell(f"%%checkloss {line}\n{cell}")


MISPLACED = "%checkloss"
"""The name of the line magic for which IPython takes a `%%checkloss` below code."""


@no_var_expand  # type: ignore[untyped-decorator]
def misplaced(line: str) -> None:
    """Says where `%%checkloss` belongs; without it IPython would say that there is no such line magic."""
    raise UsageError(
        "checkloss: `%%checkloss` must be the first line of its cell, below comments at most; nothing below this line "
        "was run. On any line of a cell `%checkloss --cell` does the same"
    )
