"""What rules derive, and why: records of answers."""

from __future__ import annotations

from focusmesh.host.service.records.records import Answer, Record, Value


class DerivedRelation(Record, frozen=True, kw_only=True):
    """Rows of a relation, or of a goal: the first of ``count``. ``types`` are those of its columns."""

    name: str
    columns: list[str]
    types: list[str]
    count: int
    rows: list[list[Value]]


class DeriveAnswer(Answer, frozen=True, kw_only=True):
    """What rules derive. Where it is not ``complete``, all rows follow, but others may too: ``stopped`` says why.

    ``unsettled`` rows may be there or not: bounds of scores leave it open. ``derived`` rows were made on the way, by
    ``inferences``.
    """

    relations: list[DerivedRelation]
    unsettled: list[DerivedRelation]
    complete: bool
    stopped: str | None
    derived: int
    inferences: int


class RuleFailureRow(Record, frozen=True, kw_only=True):
    """A rule that does not yield a row: what of it holds together, and what then fails."""

    rule: str
    holds: list[str]
    fails: str


class WhyAnswer(Answer, frozen=True, kw_only=True):
    """Why a row is there: ``text`` for people, ``proof`` for ``focusmesh.read_proof``, null where it is too long.

    Where it does not hold, each rule that could yield it has its failure. ``depth``: rules on the longest way down.
    """

    fact: str
    holds: bool
    text: str
    depth: int | None
    steps: int
    proof: str | None
    failures: list[RuleFailureRow]
