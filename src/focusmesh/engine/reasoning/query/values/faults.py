"""What an operation on values fails with: the executor knows the place in the text and adds it."""

from __future__ import annotations


class EvaluationError(Exception):
    """A value that an operation or a function does not take.

    ``kind`` and ``detail`` are the TCK's words, such as ``TypeError`` and ``InvalidArgumentValue``; ``reason`` says
    what is wrong and what to do. Whoever evaluates an expression turns it into a ``QueryError`` at its place.
    """

    def __init__(self, kind: str, detail: str, reason: str) -> None:
        self.kind = kind
        self.detail = detail
        self.reason = reason
        super().__init__(f"{kind}({detail}): {reason}")

    def __reduce__(self) -> tuple[type[EvaluationError], tuple[str, str, str]]:
        return type(self), (self.kind, self.detail, self.reason)


def type_fault(reason: str) -> EvaluationError:
    """An operand or an index of a type that the operation does not take."""
    return EvaluationError("TypeError", "InvalidArgumentType", reason)


def argument_fault(reason: str) -> EvaluationError:
    """An argument of a function that has the wrong type or cannot be converted."""
    return EvaluationError("TypeError", "InvalidArgumentValue", reason)


def range_fault(reason: str) -> EvaluationError:
    """An argument outside of the range that the function takes."""
    return EvaluationError("ArgumentError", "NumberOutOfRange", reason)


def overflow_fault(reason: str) -> EvaluationError:
    """An integer outside of −2⁶³ … 2⁶³ − 1."""
    return EvaluationError("ArithmeticError", "IntegerOverflow", reason)
