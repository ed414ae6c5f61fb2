"""Sums of gathered values by vector instructions: what the compiler does not find in a plain loop.

Eight links at a time: their columns and weights are read as they lie in memory, the eight values they name are
gathered, and eight float64 accumulators take the products. The code is written in the compiler's own intermediate
language, which turns it into the vector instructions of whatever processor runs it (or into scalar ones).
"""

from __future__ import annotations

from typing import Any

from focusmesh.engine.support.compiled import cgutils, intrinsic, ir, types

LANES = 8

_INT1, _INT32, _INT64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)
_FLOAT32, _FLOAT64 = ir.FloatType(), ir.DoubleType()
_PAIR = types.UniTuple(types.float64, 2)
_ALIGNMENT = ir.Constant(_INT32, 4)


def _vector(scalar: Any) -> Any:
    return ir.VectorType(scalar, LANES)


def _zeros(scalar: Any) -> Any:
    zero = 0 if isinstance(scalar, ir.IntType) else 0.0
    return ir.Constant(_vector(scalar), [zero] * LANES)


_ALL = ir.Constant(_vector(_INT1), [1] * LANES)
_NUMBERS = ir.Constant(_vector(_INT32), list(range(LANES)))


class _Emitter:
    """Writes the steps that rows and slices have in common."""

    def __init__(self, context: Any, builder: Any) -> None:
        self.context = context
        self.builder = builder

    def pointer(self, kind: Any, value: Any) -> Any:
        """Address of an array's first entry."""
        return self.context.make_array(kind)(self.context, self.builder, value).data

    def call(self, name: str, result: Any, values: list[Any]) -> Any:
        """A call of one of the compiler's own functions."""
        signature = ir.FunctionType(result, [value.type for value in values])
        function = cgutils.get_or_insert_function(self.builder.module, signature, name)
        return self.builder.call(function, values)

    def accumulators(self, count: int) -> list[Any]:
        """``count`` vectors of float64, zero."""
        made = [cgutils.alloca_once(self.builder, _vector(_FLOAT64)) for _ in range(count)]
        for place in made:
            self.builder.store(_zeros(_FLOAT64), place)
        return made

    def load(self, array: Any, entry: Any, scalar: Any, mask: Any) -> Any:
        """Eight neighbouring entries, those outside of ``mask`` zero."""
        place = self.builder.gep(array, [entry])
        if mask is _ALL:
            opaque = self.builder.bitcast(place, ir.PointerType())
            return self.builder.load(opaque, typ=_vector(scalar), align=4)
        name = f"llvm.masked.load.v{LANES}{scalar.intrinsic_name}.p0"
        place = self.builder.bitcast(place, ir.PointerType())
        return self.call(name, _vector(scalar), [place, _ALIGNMENT, mask, _zeros(scalar)])

    def gather(self, array: Any, columns: Any, scalar: Any, mask: Any) -> Any:
        """The entries that eight columns name, zero outside of ``mask``."""
        wide = self.builder.zext(columns, _vector(_INT64))
        places = self.builder.gep(array, [wide], source_etype=scalar)
        # The package that writes the language gives such an address the type of one pointer.
        places.type = ir.VectorType(ir.PointerType(), LANES)
        name = f"llvm.masked.gather.v{LANES}{scalar.intrinsic_name}.v{LANES}p0"
        return self.call(name, _vector(scalar), [places, _ALIGNMENT, mask, _zeros(scalar)])

    def float64(self, values: Any) -> Any:
        """Eight numbers as float64; integers are without a sign."""
        if values.type.element == _FLOAT64:
            return values
        if values.type.element == _INT32:
            return self.builder.uitofp(values, _vector(_FLOAT64))
        return self.builder.fpext(values, _vector(_FLOAT64))

    def halves(self, pairs: Any) -> list[Any]:
        """Eight pairs of float32 that were gathered as integers of 64 bits."""
        upper = self.builder.lshr(pairs, ir.Constant(_vector(_INT64), [32] * LANES))
        narrow = [self.builder.trunc(part, _vector(_INT32)) for part in (pairs, upper)]
        return [self.float64(self.builder.bitcast(part, _vector(_FLOAT32))) for part in narrow]

    def add_products(self, values: list[Any], weights: Any, sums: list[Any]) -> None:
        """Adds values·weights, or the values where ``weights`` is None, to the accumulators."""
        for value, place in zip(values, sums, strict=True):
            before = self.builder.load(place, typ=_vector(_FLOAT64))
            if weights is None:
                after = self.builder.fadd(before, value)
            else:
                name = f"llvm.fmuladd.v{LANES}f64"
                after = self.call(name, _vector(_FLOAT64), [value, weights, before])
            self.builder.store(after, place)

    def total(self, place: Any) -> Any:
        """Sum of a vector's entries, pairwise."""
        value, count = self.builder.load(place, typ=_vector(_FLOAT64)), LANES
        while count > 1:
            count //= 2
            unknown = ir.Constant(ir.VectorType(_FLOAT64, 2 * count), ir.Undefined)
            parts = [
                self.builder.shuffle_vector(
                    value, unknown, ir.Constant(ir.VectorType(_INT32, count), list(chosen))
                )
                for chosen in (range(count), range(count, 2 * count))
            ]
            value = self.builder.fadd(*parts)
        return self.builder.extract_element(value, ir.Constant(_INT32, 0))

    def scatter(self, place: Any, numbers: Any, at: Any, target: Any, scalar: Any) -> None:
        """Stores entry l of a vector in ``target[numbers[at + l]]``."""
        builder, sums = self.builder, self.builder.load(place, typ=_vector(_FLOAT64))
        for lane in range(LANES):
            number = builder.gep(numbers, [builder.add(at, ir.Constant(_INT64, lane))])
            row = builder.zext(builder.load(number), _INT64)
            value = builder.extract_element(sums, ir.Constant(_INT32, lane))
            if scalar == _FLOAT32:
                value = builder.fptrunc(value, _FLOAT32)
            builder.store(value, builder.gep(target, [row]))

    def mask_below(self, left: Any) -> Any:
        """The lanes whose number is below ``left``."""
        narrow, unknown = (
            self.builder.trunc(left, _INT32),
            ir.Constant(_vector(_INT32), ir.Undefined),
        )
        one = self.builder.insert_element(unknown, narrow, ir.Constant(_INT32, 0))
        spread = self.builder.shuffle_vector(one, unknown, _zeros(_INT32))
        return self.builder.icmp_unsigned("<", _NUMBERS, spread)


class _Terms:
    """What is added up: columns, weights (or None) and gathered values, of one value or a pair of float32 a column."""

    def __init__(self, emitter: _Emitter, kinds: Any, values: Any, pairs: bool) -> None:
        self.emitter = emitter
        self.columns = emitter.pointer(kinds[0], values[0])
        self.gathered = emitter.pointer(kinds[2], values[2])
        self.value_type = _INT64 if pairs else _scalar(kinds[2])
        self.weighted = not isinstance(kinds[1], types.NoneType)
        if self.weighted:
            self.weights, self.weight_type = emitter.pointer(kinds[1], values[1]), _scalar(kinds[1])
        self.pairs = pairs
        self.sums = emitter.accumulators(2 if pairs else 1)

    def add(self, entry: Any, mask: Any = _ALL) -> None:
        """Adds the eight terms from ``entry`` on, those in ``mask``."""
        emitter = self.emitter
        columns = emitter.load(self.columns, entry, _INT32, mask)
        gathered = emitter.gather(self.gathered, columns, self.value_type, mask)
        values = emitter.halves(gathered) if self.pairs else [emitter.float64(gathered)]
        weights = None
        if self.weighted:
            weights = emitter.float64(emitter.load(self.weights, entry, self.weight_type, mask))
        emitter.add_products(values, weights, self.sums)

    def add_span(self, first: Any, stop: Any) -> None:
        """Adds the terms from ``first`` to before ``stop``, the last of them masked."""
        builder, lanes = self.emitter.builder, ir.Constant(_INT64, LANES)
        whole = builder.udiv(builder.sub(stop, first), lanes)
        self.add_steps(first, whole)
        at = builder.add(first, builder.mul(whole, lanes))
        left = builder.sub(stop, at)
        with builder.if_then(builder.icmp_unsigned(">", left, ir.Constant(_INT64, 0))):
            self.add(at, self.emitter.mask_below(left))

    def add_steps(self, first: Any, count: Any) -> None:
        """Adds ``count`` times eight terms from ``first`` on."""
        builder = self.emitter.builder
        with cgutils.for_range(builder, count) as loop:
            self.add(builder.add(first, builder.mul(loop.index, ir.Constant(_INT64, LANES))))


def _scalar(kind: Any) -> Any:
    if kind.dtype == types.uint32:
        return _INT32
    return _FLOAT32 if kind.dtype == types.float32 else _FLOAT64


def _dot(typing: Any, column: Any, weight: Any, gathered: Any, first: Any, stop: Any) -> Any:
    """Σ weight·gathered[column] over ``first`` ≤ entry < ``stop``; ``weight`` may be None for 1."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        emitter = _Emitter(context, builder)
        terms = _Terms(emitter, signature.args, given, pairs=False)
        terms.add_span(given[3], given[4])
        return emitter.total(terms.sums[0])

    return types.float64(column, weight, gathered, types.int64, types.int64), generate


def _dot_pairs(typing: Any, column: Any, weight: Any, gathered: Any, first: Any, stop: Any) -> Any:
    """``dot`` for both values of pairs: ``gathered`` holds two float32 in each entry of 64 bits."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        emitter = _Emitter(context, builder)
        terms = _Terms(emitter, signature.args, given, pairs=True)
        terms.add_span(given[3], given[4])
        return cgutils.pack_array(builder, [emitter.total(place) for place in terms.sums])

    return _PAIR(column, weight, gathered, types.int64, types.int64), generate


def _slice_sums(
    typing: Any,
    column: Any,
    weight: Any,
    gathered: Any,
    first: Any,
    steps: Any,
    rows: Any,
    at: Any,
    total: Any,
    other: Any,
) -> Any:
    """Sums of the eight rows ``rows[at:at + 8]``, whose entries lie lane by lane, ``steps`` deep.

    They are stored in ``total``; with an ``other`` that is not None, ``gathered`` holds pairs, and the sums of
    the second values are stored there.
    """
    pairs = not isinstance(other, types.NoneType)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        emitter = _Emitter(context, builder)
        terms = _Terms(emitter, signature.args, given, pairs)
        terms.add_steps(given[3], given[4])
        numbers = emitter.pointer(signature.args[5], given[5])
        for place, kind, target in zip(terms.sums, signature.args[7:], given[7:], strict=False):
            array = emitter.pointer(kind, target)
            emitter.scatter(place, numbers, given[6], array, _scalar(kind))
        return context.get_dummy_value()

    inner = (column, weight, gathered, types.int64, types.int64, rows, types.int64)
    return types.void(*inner, total, other), generate


# The compiler knows these as functions of its own; nothing else may call them.
dot: Any = intrinsic(_dot)
dot_pairs: Any = intrinsic(_dot_pairs)
slice_sums: Any = intrinsic(_slice_sums)
