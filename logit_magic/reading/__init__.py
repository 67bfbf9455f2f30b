"""Read in a cell which loss meets which model, in the functions that it defines and that have not run yet.

Only what a function says in so many words counts: `loss_fn(y, p)` where `p` is what the model returned, or that very
call of it, with nothing in between. Which model and which loss the names stand for is looked up in the namespace.
Whatever is passed in, rebound, chosen by a condition or changed on the way says nothing.
"""

from __future__ import annotations

from logit_magic.reading.cell import with_read

__all__ = ["with_read"]
