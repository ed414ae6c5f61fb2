"""WITH and RETURN: columns, groups, order, and which rows are kept."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.functions import accumulator, find_signature
from focusmesh.engine.reasoning.query.language.syntax import (
    CallExpression,
    SubqueryExpression,
    VariableExpression,
    all_nodes,
    inner_nodes,
)
from focusmesh.engine.reasoning.query.plans.comprehensions import ComprehensionPlans
from focusmesh.engine.reasoning.query.plans.rows import SlotScope
from focusmesh.engine.reasoning.query.values import (
    EvaluationError,
    group_key,
    order_key,
    type_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from focusmesh.engine.reasoning.query.functions import Accumulator
    from focusmesh.engine.reasoning.query.language.syntax import Expression, Projection, SortItem
    from focusmesh.engine.reasoning.query.plans.rows import Evaluate, Operator, Row
    from focusmesh.engine.reasoning.query.values import QueryValue
    from focusmesh.engine.reasoning.relations import Meter

    Columns = list[tuple[str, Expression]]

VALUE_BYTES = 64
"""What a value counts for that an aggregate keeps."""


class ProjectionPlans(ComprehensionPlans):
    """Compiles projections."""

    def projection(
        self, node: Projection, at: int, condition: Expression | None, scope: SlotScope
    ) -> tuple[Operator, SlotScope]:
        """The operator of a WITH or RETURN at ``at``, and the scope of its columns alone."""
        columns = self._columns(node, at)
        named = [each.expression for each in node.items]
        calls = aggregate_calls([*named, *(each.expression for each in node.order)])
        if calls:
            fold, visible = self._fold(columns, calls, scope)
        else:
            fold, visible = self._extend(columns, scope)
        steps = [fold]
        words = [
            ("groups", bool(calls)),
            ("DISTINCT", node.distinct),
            ("ORDER BY", bool(node.order)),
        ]
        told = ", ".join(word for word, is_there in words if is_there)
        self.run.steps.append(
            f"columns {', '.join(name for name, _ in columns)}{told and f' ({told})'}"
        )
        first = visible.names[columns[0][0]] if columns else 0
        if node.distinct:
            steps.append(_distinct(first, len(columns), self.run.meter))
            visible = _columns_only(columns, visible)
        if node.order:
            steps.append(self._order(node.order, visible))
        steps += self._bounds(node)
        if condition is not None:
            steps.append(_filter(self.condition(condition, visible)))
        steps.append(_cut(first, len(columns)))
        names = {name: index for index, (name, _) in enumerate(columns)}
        return _chain(steps), SlotScope(names, len(columns))

    def _columns(self, node: Projection, at: int) -> Columns:
        starred = self.run.stars[at] if node.star else ()
        columns: Columns = [(name, VariableExpression(name)) for name in starred]
        return columns + [(each.name, each.expression) for each in node.items]

    def _extend(self, columns: Columns, scope: SlotScope) -> tuple[Operator, SlotScope]:
        """The columns behind what there was."""
        evaluates = [self.expression(each, scope) for _, each in columns]
        visible = scope.binding(*(name for name, _ in columns))

        def extend(rows: Iterable[Row]) -> Iterator[Row]:
            for row in rows:
                yield (*row, *[each(row) for each in evaluates])

        return extend, visible

    def _fold(
        self, columns: Columns, calls: list[CallExpression], scope: SlotScope
    ) -> tuple[Operator, SlotScope]:
        """Groups by the columns without aggregates; the columns come first, then keys, then aggregates."""
        keys = [each for _, each in columns if not aggregate_calls([each])]
        read = [self.expression(each, scope) for each in keys]
        aliased = scope.binding(*(name for name, _ in columns))
        folds = [self._accumulation(call, columns, scope, aliased) for call in calls]
        known = {each: index for index, each in enumerate([*keys, *calls])}
        names = {
            each.name: index
            for index, each in enumerate(keys)
            if isinstance(each, VariableExpression)
        }
        inner = SlotScope(names, len(known), known)
        results = [self.expression(each, inner) for _, each in columns]
        meter = self.run.meter

        def fold(rows: Iterable[Row]) -> Iterator[Row]:
            groups = dict["Hashable", tuple[list["QueryValue"], list["Accumulator"]]]()
            for row in rows:
                values = [each(row) for each in read]
                key = tuple(map(group_key, values))
                group = groups.get(key)
                if group is None:
                    meter.hold(1, len(known), "groups")
                    group = groups[key] = (values, [make() for make, _ in folds])
                for found, (_, take) in zip(group[1], folds, strict=True):
                    take(found, row)
            if not groups and not keys:
                groups[()] = ([], [make() for make, _ in folds])
            for values, folded in groups.values():
                base = [*values, *(each.result() for each in folded)]
                yield (*[each(base) for each in results], *base)

        width = len(columns)
        visible = {name: index for index, (name, _) in enumerate(columns)}
        shifted = {each: slot + width for each, slot in known.items()}
        shifted |= {each: index for index, (_, each) in enumerate(columns)}
        return self._report(fold), SlotScope(visible, width + len(known), shifted)

    def _accumulation(
        self, call: CallExpression, columns: Columns, scope: SlotScope, aliased: SlotScope
    ) -> tuple[Callable[[], Accumulator], Callable[[Accumulator, Row], None]]:
        """What makes the accumulator of an aggregate, and what hands it the values of a row."""
        signature, failure = find_signature(call.name), self.run.failure
        assert signature is not None
        name, distinct, at = signature.name, call.distinct, call.at

        def make() -> Accumulator:
            return accumulator(name, distinct=distinct)

        arguments = [self._argument(each, columns, scope, aliased) for each in call.arguments]

        meter, keeps = (
            self.run.meter,
            name == "collect" or name.startswith("percentile") or distinct,
        )

        def take(found: Accumulator, row: Row) -> None:
            if keeps:
                meter.reserve(VALUE_BYTES, name)
            try:
                found.take(*[each(row) for each in arguments] or [True])
            except EvaluationError as error:
                raise failure(error, at) from error

        return make, take

    def _argument(
        self, node: Expression, columns: Columns, scope: SlotScope, aliased: SlotScope
    ) -> Evaluate:
        """An aggregate's argument; in a sort key it may name columns, which are evaluated where it does."""
        names = {name for name, _ in columns} - scope.names.keys()
        if not any(_names_column(each, names) for each in all_nodes(node)):
            return self.expression(node, scope)
        plain = [(name, self.expression(each, scope)) for name, each in columns if name in names]
        inner = scope.binding(*(name for name, _ in plain))
        evaluate = self.expression(node, inner)
        return lambda row: evaluate((*row, *(each(row) for _, each in plain)))

    def _report(self, operator: Operator) -> Operator:
        """An operator whose results may fail as a whole, such as a sum that overflows."""

        def answer(rows: Iterable[Row]) -> Iterator[Row]:
            try:
                yield from operator(rows)
            except EvaluationError as error:
                raise self.run.failure(error, 0) from error

        return answer

    def _order(self, items: Sequence[SortItem], scope: SlotScope) -> Operator:
        keys = [(self.expression(each.expression, scope), each.descending) for each in items]
        meter = self.run.meter

        def order(rows: Iterable[Row]) -> Iterator[Row]:
            held = list[tuple[list[tuple[object, ...]], "Row"]]()
            for row in rows:
                meter.hold(1, len(row), "ORDER BY")
                held.append(([order_key(each(row)) for each, _ in keys], row))
            for index in range(len(keys) - 1, -1, -1):
                held.sort(key=lambda each, at=index: each[0][at], reverse=keys[index][1])  # type: ignore[misc]
            for _, row in held:
                yield row

        return order

    def _bounds(self, node: Projection) -> list[Operator]:
        """SKIP and LIMIT."""
        steps = list["Operator"]()
        if node.skip is not None:
            count = self._bound(node.skip, "SKIP")
            steps.append(lambda rows, count=count: islice(rows, count, None))  # type: ignore[misc]
        if node.limit is not None:
            most = self._bound(node.limit, "LIMIT")
            steps.append(lambda rows, most=most: islice(rows, most))  # type: ignore[misc]
        return steps

    def _bound(self, node: Expression, word: str) -> int:
        value = self.expression(node, SlotScope())(())
        if not isinstance(value, int) or isinstance(value, bool):
            reason = f"{word} is a number of rows, not {type_name(value)}"
            raise self.run.fault(node.at, "SyntaxError", "InvalidArgumentType", reason)
        if value < 0:
            reason = f"{word} is a number of rows, so it is not negative"
            raise self.run.fault(node.at, "SyntaxError", "NegativeIntegerArgument", reason)
        return min(value, 2**62)


def _columns_only(columns: Columns, visible: SlotScope) -> SlotScope:
    """What is left where rows are told apart by their columns: these, and what equals their expressions."""
    names = {name: visible.names[name] for name, _ in columns}
    known = {each: names[name] for name, each in columns}
    return SlotScope(names, visible.width, {**visible.known, **known})


def aggregate_calls(nodes: Iterable[object]) -> list[CallExpression]:
    """The outermost aggregates, each once; those in subqueries belong to these."""
    found = dict[CallExpression, None]()
    waiting = deque(nodes)
    while waiting:
        node = waiting.popleft()
        if isinstance(node, CallExpression):
            signature = find_signature(node.name)
            if signature is not None and signature.is_aggregate:
                found[node] = None
                continue
        if not isinstance(node, SubqueryExpression):
            waiting.extend(inner_nodes(node))
    return list(found)


def _names_column(node: object, names: set[str]) -> bool:
    return isinstance(node, VariableExpression) and node.name in names


def _distinct(first: int, count: int, meter: Meter) -> Operator:
    def distinct(rows: Iterable[Row]) -> Iterator[Row]:
        seen = set["Hashable"]()
        for row in rows:
            key = tuple(map(group_key, row[first : first + count]))
            if key not in seen:
                meter.hold(1, count, "DISTINCT")
                seen.add(key)
                yield row

    return distinct


def _filter(holds: Callable[[Row], bool]) -> Operator:
    return lambda rows: (row for row in rows if holds(row))


def _cut(first: int, count: int) -> Operator:
    return lambda rows: (row[first : first + count] for row in rows)


def _chain(steps: Sequence[Operator]) -> Operator:
    def chain(rows: Iterable[Row]) -> Iterator[Row]:
        for step in steps:
            rows = step(rows)
        return iter(rows)

    return chain
