"""What a cell that has run gives to be checked; for a cell that touches no model it is told at next to no cost."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from logit_magic import limits
from logit_magic.notebook.cells import Ran, placing
from logit_magic.quiet import quiet

if TYPE_CHECKING:
    from logit_magic.discovery.pairing import Target
    from logit_magic.discovery.recorder import Recorder

_SECONDS = 2.0  # to look at what the cell did, and again to read it


def touched(ran: Ran, recorder: Recorder, shift: int, rebound: list[str], *, success: bool) -> list[Target]:
    """What the cell compiled, trained, called or bound, and what its functions say that they will do.

    Args:
        ran: the cell.
        recorder: what was seen while it ran.
        shift: lines of the cell above the code that IPython compiled.
        rebound: names that it bound anew.
        success: it ended without an error.

    Raises:
        OutOfTimeError: an object of the cell does not return when it is looked at.
    """
    from logit_magic.discovery import namespace as names
    from logit_magic.discovery import reading as source
    from logit_magic.discovery import targets
    from logit_magic.discovery.after import after_models
    from logit_magic.discovery.choosing import with_choices

    namespace = ran.shell.user_ns
    place = placing(shift, ran)
    recorder.settle(place, ran.number)
    notes, sightings, uses = recorder.notes(), recorder.sightings(), recorder.uses()
    todo: list[Target] = []
    if notes or sightings or names.models(namespace, rebound):
        with quiet(), limits.until(time.monotonic() + _SECONDS):
            seen = targets.in_cell(notes, sightings, namespace, rebound)
        todo = [t if t.location is None else replace(t, location=place(t.location)) for t in seen]
        todo = with_choices(todo, ran.tree, namespace, ran.number) if todo else todo
    is_read = source.speaks_of_models(ran.text, namespace)
    if uses or is_read:
        tree = ran.tree if is_read else None
        todo += after_models(uses, recorder.outputs(), sightings, namespace, tree, ran.number, place)
    if success and (todo or is_read):
        from logit_magic import reading

        with quiet(), limits.until(time.monotonic() + _SECONDS):
            todo = reading.with_read(todo, ran.text, ran.number, namespace)
    return todo
