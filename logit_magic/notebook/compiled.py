"""Where earlier cells compiled what models, for a later `%checkloss`: the comments that stand there still count."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logit_magic.discovery.pairing import Target
    from logit_magic.facts import Location


@dataclass(slots=True)
class Compiled:
    """Remembers places; keeps no model alive."""

    _places: dict[int, tuple[weakref.ref[Any], Location]] = field(default_factory=dict)

    def remember(self, targets: list[Target]) -> None:
        """Note where each model was compiled, as far as its cell was checked or watched."""
        from logit_magic.discovery.pairing import compilation

        self._places = {key: (alive, place) for key, (alive, place) in self._places.items() if alive() is not None}
        for target in targets:
            compiled = compilation(target.model)
            if target.location is not None and target.basis == "compiled" and compiled is not None:
                self._places[id(compiled)] = (weakref.ref(compiled), target.location)

    def recalled(self, targets: list[Target]) -> list[Target]:
        """The targets with the place of the compilation that still stands, where it was noted."""
        from logit_magic.discovery.pairing import compilation

        return [replace(target, compiled_at=self._place(compilation(target.model))) for target in targets]

    def _place(self, compiled: Any) -> Location | None:
        alive, place = self._places.get(id(compiled), (None, None))
        return place if alive is not None and compiled is not None and alive() is compiled else None
