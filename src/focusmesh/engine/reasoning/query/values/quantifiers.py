"""Quantifiers over the truth values that a condition has for the members of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def holds_for_all(truths: Iterable[bool | None]) -> bool | None:
    """``all``: false where one is false, else null where one is null."""
    answer: bool | None = True
    for each in truths:
        if each is False:
            return False
        if each is None:
            answer = None
    return answer


def holds_for_any(truths: Iterable[bool | None]) -> bool | None:
    """``any``: true where one is true, else null where one is null."""
    answer: bool | None = False
    for each in truths:
        if each is True:
            return True
        if each is None:
            answer = None
    return answer


def holds_for_none(truths: Iterable[bool | None]) -> bool | None:
    """``none``: the opposite of ``any``."""
    answer = holds_for_any(truths)
    return None if answer is None else not answer


def holds_for_one(truths: Iterable[bool | None]) -> bool | None:
    """``single``: false where two are true, else null where one is null."""
    count, is_known = 0, True
    for each in truths:
        count += each is True
        if count > 1:
            return False
        is_known = is_known and each is not None
    return count == 1 if is_known else None
