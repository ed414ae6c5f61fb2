"""All rules by name, with the kinds of what they take: a right block breaks none of them, whatever they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.fraud.forms import not_proved
from focusmesh.kernel.fraud.rules import (
    header as rules_header,
)
from focusmesh.kernel.fraud.rules import (
    leaders as rules_leaders,
)
from focusmesh.kernel.fraud.rules import (
    links as rules_links,
)
from focusmesh.kernel.fraud.rules import (
    stages as rules_stages,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.fraud.view import View


class Rule(NamedTuple):
    """``check`` says how it is broken at the places given, None where it is not."""

    check: Callable[..., str | None]
    takes: tuple[type, ...]


RULES: dict[str, Rule] = {
    "certificate": Rule(rules_header.certificate, ()),
    "none": Rule(rules_header.none, ()),
    "entry": Rule(rules_header.entry, ()),
    "graph": Rule(rules_header.graph, (bytes,)),
    "size": Rule(rules_header.size, ()),
    "form": Rule(rules_header.form, (int, int)),
    "order": Rule(rules_header.order, (int,)),
    "source": Rule(rules_header.source, (int, bytes, int)),
    "target": Rule(rules_header.target, (int, bytes, bytes, int)),
    "left-out": Rule(rules_header.left_out, (int, int)),
    "row": Rule(rules_links.row, (int,)),
    "link": Rule(rules_links.link, (int, int)),
    "rising": Rule(rules_links.rising, (int, int, int)),
    "inlink": Rule(rules_links.inlink, (int, int, int)),
    "counts": Rule(rules_links.counts, ()),
    "degree": Rule(rules_links.degree, (int,)),
    "bounds": Rule(rules_stages.bounds, (int,)),
    "value": Rule(rules_stages.value, (int,)),
    "begin": Rule(rules_stages.begin, (int,)),
    "sums": Rule(rules_stages.sums, (int, int, int)),
    "total": Rule(rules_stages.total, (int,)),
    "spread": Rule(rules_stages.spread, (int,)),
    "stage": Rule(rules_stages.stage, (int, int)),
    "leader-value": Rule(rules_leaders.leader_value, (int, int)),
    "leader-unknown": Rule(rules_leaders.leader_unknown, (int, int)),
    "leader-order": Rule(rules_leaders.leader_order, (int,)),
    "leader-missing": Rule(rules_leaders.leader_missing, (int, int)),
}


def breach(view: View, kind: str, at: tuple[int | bytes, ...]) -> str | None:
    """How a rule is broken; raises ProofError ("fraud") where there is no such rule, or it cannot be told."""
    rule = RULES.get(kind)
    if rule is None:
        raise not_proved(f"there is no rule {kind!r}")
    if tuple(map(type, at)) != rule.takes:
        raise not_proved(f"rule {kind!r} takes other places")
    return rule.check(view, *at)
