"""What is wrong on one line with many models is said once: searches, folds and builders make them by the same code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from logit_magic.facts import Finding

_MORE = re.compile(r" \(and \d+ more models? made there\)$")
_PLACE = re.compile(r"\[\d+\]")  # in a list


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose pair it is.

    Attributes:
        models: ids of the model, and of those that the same code made and that were left out as being like it.
        name: by which the namespace reaches the model; "" where it does not.
    """

    models: frozenset[int]
    name: str = ""


def merged(findings: list[Finding], owners: Mapping[int, Owner]) -> list[Finding]:
    """The findings with one for each line, code and kind of mismatch, for all the models that no two names tell apart.

    Models in one list have one name; under keys of a dict they have different ones, and so are told apart.

    Args:
        findings: of a check, in their order.
        owners: id of a finding's pair -> whose it is.
    """
    groups: dict[Any, list[int]] = {}
    met: dict[Any, int] = {}
    for at, finding in enumerate(findings):
        owner = owners.get(id(finding.pair))
        if owner is None or finding.location is None:
            continue
        kind = _kind(finding)
        own = (kind, owner.models)
        met[own] = met.get(own, 0) + 1  # two outputs of one model are two things
        groups.setdefault((kind, met[own]), []).append(at)
    left: dict[int, Finding] = dict(enumerate(findings))
    for group in groups.values():
        for lead, others in _led(group, [owners[id(findings[at].pair)] for at in group]):
            more = frozenset().union(*(owners[id(findings[at].pair)].models for at in (lead, *others)))
            for at in others:
                del left[at]
            left[lead] = replace(findings[lead], message=findings[lead].message + _words(len(more) - 1))
    return list(left.values())


def plain(message: str) -> str:
    """A finding's message without the count of models: it may differ from one run of a cell to the next."""
    return _MORE.sub("", message)


def _kind(finding: Finding) -> Any:
    pair = finding.pair
    assert pair is not None, "it has an owner"
    return finding.code, finding.severity, finding.location, pair.emits, pair.expects, pair.loss


def _led(group: list[int], owners: list[Owner]) -> list[tuple[int, list[int]]]:
    """(the finding that stays, those that it stands for) for each name; the first also stands for models without one."""
    by_name: dict[str, list[int]] = {}
    for at, owner in zip(group, owners, strict=True):
        by_name.setdefault(_PLACE.sub("[]", owner.name), []).append(at)
    nameless = by_name.pop("", [])
    named = list(by_name.values()) or [[nameless.pop(0)]]
    return [(lead, others + (nameless if place == 0 else [])) for place, (lead, *others) in enumerate(named)]


def _words(more: int) -> str:
    return "" if more < 1 else f" (and {more} more model{'s' if more > 1 else ''} made there)"
