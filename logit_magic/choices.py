"""How to check: how much is looked at, what is reported, how long it may take."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from logit_magic.rules import BY_CODE

_NO_QUOTES = str.maketrans("", "", "\"'")


@dataclass(frozen=True, slots=True)
class Options:
    """How to check.

    Attributes:
        samples: at most so many rows are looked at; 0 for none: structure only.
        only, ignore: codes to report, codes to leave out; empty `only` means all.
        seconds: stop asking the model for more rows after so long.
        limit: cut off whatever still runs after so many seconds, and say what was left out.
    """

    samples: int = 256
    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    seconds: float = 1.5
    limit: float = math.inf

    def wants(self, code: str) -> bool:
        """Whether a finding of this code is to be reported."""
        return (not self.only or code in self.only) and code not in self.ignore

    def left_out(self, found: Iterable[str]) -> tuple[str, ...]:
        """What there is to say of findings that are not reported: how many, of which codes, and by which option.

        Args:
            found: the code of every finding, reported or not.
        """
        unwanted = [code for code in found if not self.wants(code)]
        ignored = [code for code in unwanted if code in self.ignore]
        others = [code for code in unwanted if code not in self.ignore]
        return tuple(
            f"{len(codes)} finding{'s' if len(codes) > 1 else ''} left out by `{option}`: {', '.join(dict.fromkeys(codes))}"
            for option, codes in (("only", others), ("ignore", ignored))
            if codes
        )


def codes(given: str | Iterable[str]) -> tuple[str, ...]:
    """Codes of rules, out of codes or names such as "label-format", in any case, one or several, also with commas.

    Raises:
        ValueError: one that there is not; it names those that come nearest.
    """
    texts = (given,) if isinstance(given, str) else tuple(given)
    words = [word for text in texts for word in (_words(text) if isinstance(text, str) else [text])]
    if texts and not words:
        words = [""]  # nothing was named, which is not the same as naming none
    return tuple(dict.fromkeys(_code(word) for word in words))


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[,\s]+", text.translate(_NO_QUOTES)) if word]


def _code(word: object) -> str:
    known = {name: rule.code for rule in BY_CODE.values() for name in (rule.code.lower(), rule.slug)}
    name = str(word).lower().replace("_", "-")
    if name in known:
        return known[name]
    near = [one for one in known if len(name) > 2 and name in one]
    near += get_close_matches(name, known, n=3)
    found = [f"{code} ({BY_CODE[code].slug})" for code in dict.fromkeys(known[one] for one in near)][:4]
    listed = f"near it: {', '.join(found)}" if found else f"codes are {', '.join(BY_CODE)}"
    raise ValueError(f"there is no code {word!r}; {listed}")
