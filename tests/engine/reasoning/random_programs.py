"""Programs of rules drawn from a seed: recursion, negation, aggregates, comparisons and arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

ARITIES = {"a": 1, "b": 2, "p0": 1, "p1": 2, "p2": 2, "p3": 1, "p4": 2}
GIVEN = ("a", "b")
DERIVED = tuple(name for name in ARITIES if name not in GIVEN)
DECLARATIONS = [".decl a(x: number)", ".decl b(x: number, y: number)"]


def draw_program(chance: Random) -> str:
    """The text of a program; most of them are refused, since a variable is not bound or there is no stratum."""
    rules = [_rule(chance, head) for head in DERIVED for _ in range(chance.choice([1, 2, 2, 3]))]
    return "\n".join([*DECLARATIONS, *rules])


def _rule(chance: Random, head: str) -> str:
    body, names = list[str](), list[str]()
    for _ in range(chance.choice([1, 2, 2, 3])):
        relation = chance.choice(list(ARITIES))
        terms = [_term(chance, names) for _ in range(ARITIES[relation])]
        body.append(f"{relation}({', '.join(terms)})")
        names += [term for term in terms if term.isalpha() and term not in names]
    if names:
        body += _conditions(chance, names)
    chance.shuffle(body)
    terms = [
        chance.choice(names) if names and chance.random() < 0.9 else str(chance.randrange(4))
        for _ in range(ARITIES[head])
    ]
    return f"{head}({', '.join(terms)}) :- {', '.join(body)}."


def _term(chance: Random, names: list[str]) -> str:
    kind = chance.random()
    if kind < 0.12:
        return str(chance.randrange(4))
    if kind < 0.2:
        return "_"
    return chance.choice(names) if kind < 0.6 and names else chance.choice("xyzuv")


def _conditions(chance: Random, names: list[str]) -> list[str]:
    """What is asked besides; a variable that an equation or an aggregate binds is one more name."""
    made = list[str]()
    if chance.random() < 0.35:
        relation = chance.choice(list(ARITIES))
        terms = [chance.choice([*names, "_", "2"]) for _ in range(ARITIES[relation])]
        made.append(f"!{relation}({', '.join(terms)})")
    if len(names) > 1 and chance.random() < 0.3:
        sides = chance.choice(names), chance.choice(names)
        made.append(f"{sides[0]} {chance.choice(['<', '!=', '='])} {sides[1]}")
    if chance.random() < 0.15:
        made.append(f"k = count : b({chance.choice(names)}, _)")
        names.append("k")
    if chance.random() < 0.1:
        made.append(f"w = {chance.choice(names)} + 1, w < 6")
        names.append("w")
    if chance.random() < 0.1:
        made.append(f"m = max q : {chance.choice(['p0', 'p3', 'a'])}(q)")
        names.append("m")
    return made
