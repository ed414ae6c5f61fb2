"""An array that remembers what it was made of, so that gradients can be sent back through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.grid.tensor.elementwise import spread
from focusmesh.engine.grid.tensor.products import product, weights_product
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

Array: TypeAlias = npt.NDArray[Any]
"""float32 or float64."""
Backward: TypeAlias = Callable[[Array], "tuple[Array | None, ...]"]
"""The gradient by a result → the gradients by what it was made of, in the order of the parents."""


class Tensor:
    """float32 or float64 numbers in any number of dimensions; other numbers become float32.

    Operators broadcast as NumPy's do. ``grad`` is None until ``backward`` was called on something that was made of a
    tensor with ``requires_grad``; further calls add to it. A shape that does not fit raises ParameterError.
    """

    __slots__ = ("_backward", "_parents", "data", "grad", "requires_grad")

    def __init__(self, data: npt.ArrayLike, *, requires_grad: bool = False) -> None:
        array = np.asarray(data)
        if array.dtype not in (np.float32, np.float64):
            array = array.astype(np.float32)
        self.data: Array = array
        self.grad: Array | None = None
        self.requires_grad = requires_grad
        self._parents: tuple[Tensor, ...] = ()
        self._backward: Backward | None = None

    @classmethod
    def from_operation(cls, data: Array, parents: Sequence[Tensor], backward: Backward) -> Tensor:
        """The result of an operation: remembers its way back if anything it was made of needs a gradient."""
        result = cls(data)
        if any(parent.requires_grad for parent in parents):
            result.requires_grad = True
            result._parents, result._backward = tuple(parents), backward
        return result

    @property
    def shape(self) -> tuple[int, ...]:
        """Its dimensions."""
        return self.data.shape

    def item(self) -> float:
        """The only number that it holds."""
        return float(self.data.item())

    def backward(self) -> None:
        """Adds to ``grad`` of every tensor that this number was made of and that asks for it (not of results between).

        Raises ParameterError unless it is a single number that was made of one that asks. O(operations).
        """
        if self.data.size != 1 or not self.requires_grad:
            raise ParameterError(
                f"backward() needs a single number that depends on a tensor with requires_grad; shape {self.shape}, "
                f"requires_grad = {self.requires_grad}"
            )
        found: dict[int, Array] = {id(self): np.ones_like(self.data)}
        for each in _last_first(self):
            grad = found.pop(id(each))
            if each._backward is None:
                each.grad = grad if each.grad is None else each.grad + grad
                continue
            for parent, part in zip(each._parents, each._backward(grad), strict=True):
                if part is not None and parent.requires_grad:
                    before = found.get(id(parent))
                    found[id(parent)] = part if before is None else before + part

    def __add__(self, other: Tensor | float) -> Tensor:
        other = _tensor(other, self)
        data = _fitting(np.add, self, other)

        def backward(grad: Array) -> tuple[Array, Array]:
            return _summed_to(grad, self.shape), _summed_to(grad, other.shape)

        return Tensor.from_operation(data, (self, other), backward)

    def __sub__(self, other: Tensor | float) -> Tensor:
        other = _tensor(other, self)
        data = _fitting(np.subtract, self, other)

        def backward(grad: Array) -> tuple[Array, Array]:
            return _summed_to(grad, self.shape), _summed_to(-grad, other.shape)

        return Tensor.from_operation(data, (self, other), backward)

    def __mul__(self, other: Tensor | float) -> Tensor:
        other = _tensor(other, self)
        data = _fitting(np.multiply, self, other)

        def backward(grad: Array) -> tuple[Array, Array]:
            by_self = _summed_to(grad * other.data, self.shape)
            return by_self, _summed_to(grad * self.data, other.shape)

        return Tensor.from_operation(data, (self, other), backward)

    def __truediv__(self, other: Tensor | float) -> Tensor:
        other = _tensor(other, self)
        data = _fitting(np.divide, self, other)

        def backward(grad: Array) -> tuple[Array, Array]:
            by_self = _summed_to(grad / other.data, self.shape)
            return by_self, _summed_to(-grad * data / other.data, other.shape)

        return Tensor.from_operation(data, (self, other), backward)

    def __neg__(self) -> Tensor:
        return Tensor.from_operation(-self.data, (self,), lambda grad: (-grad,))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: float) -> Tensor:
        return _tensor(other, self) - self

    def __rtruediv__(self, other: float) -> Tensor:
        return _tensor(other, self) / self

    def __matmul__(self, other: Tensor) -> Tensor:
        """Of (…, m, k) and (k, n), or of (…, m, k) and (…, k, n) with the same leading dimensions."""
        data = product(self.data, other.data)

        def backward(grad: Array) -> tuple[Array | None, Array | None]:
            left = product(grad, other.data.swapaxes(-1, -2)) if self.requires_grad else None
            if not other.requires_grad:
                return left, None
            if other.data.ndim == 2:
                return left, weights_product(self.data, grad)
            return left, self.data.swapaxes(-1, -2) @ grad

        return Tensor.from_operation(data, (self, other), backward)

    def reshape(self, *shape: int) -> Tensor:
        """The same numbers in other dimensions."""
        try:
            data = self.data.reshape(shape)
        except ValueError as error:
            raise ParameterError(f"{self.shape} cannot become {shape}: {error}") from error
        return Tensor.from_operation(data, (self,), lambda grad: (grad.reshape(self.shape),))

    def swapaxes(self, first: int, second: int) -> Tensor:
        """Two dimensions exchanged."""
        swapped = self.data.swapaxes(first, second)
        return Tensor.from_operation(swapped, (self,), lambda grad: (grad.swapaxes(first, second),))

    def sum(self, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
        """Over one dimension, or over all."""
        data = np.asarray(self.data.sum(axis=axis, keepdims=keepdims))

        def backward(grad: Array) -> tuple[Array]:
            wide = grad if axis is None or keepdims else np.expand_dims(grad, axis)
            return (np.broadcast_to(wide, self.shape),)

        return Tensor.from_operation(data, (self,), backward)

    def mean(self, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
        """Over one dimension, or over all."""
        count = self.data.size if axis is None else self.shape[axis]
        return self.sum(axis, keepdims=keepdims) * (1.0 / count)

    def max(self, axis: int) -> Tensor:
        """Over one dimension; the gradient goes to the first of equals."""
        chosen = np.expand_dims(self.data.argmax(axis=axis), axis)
        data = np.take_along_axis(self.data, chosen, axis).squeeze(axis)

        def backward(grad: Array) -> tuple[Array]:
            wide = np.zeros_like(self.data)
            np.put_along_axis(wide, chosen, np.expand_dims(grad, axis), axis)
            return (wide,)

        return Tensor.from_operation(data, (self,), backward)

    def __repr__(self) -> str:
        asks = ", requires_grad" if self.requires_grad else ""
        return f"<Tensor {self.shape} {self.data.dtype}{asks}>"


def _tensor(value: Tensor | float, beside: Tensor) -> Tensor:
    return value if isinstance(value, Tensor) else Tensor(np.asarray(value, beside.data.dtype))


def _fitting(function: Callable[..., Array], left: Tensor, right: Tensor) -> Array:
    try:
        return spread(function, left.data, right.data)
    except ValueError as error:
        raise ParameterError(f"{left.shape} and {right.shape} do not fit: {error}") from error


def _summed_to(grad: Array, shape: tuple[int, ...]) -> Array:
    """What broadcasting repeated, summed again."""
    if grad.shape == shape:
        return grad
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    repeated = tuple(at for at, size in enumerate(shape) if size == 1 and grad.shape[at] != 1)
    return grad.sum(axis=repeated, keepdims=True) if repeated else grad


def _last_first(result: Tensor) -> Iterator[Tensor]:
    """Every tensor that leads to ``result`` and asks for gradients, each after all that was made of it."""
    order, seen, stack = list[Tensor](), set[int](), [(result, False)]
    while stack:
        each, parents_done = stack.pop()
        if parents_done:
            order.append(each)
        elif id(each) not in seen:
            seen.add(id(each))
            stack.append((each, True))
            stack += [(parent, False) for parent in each._parents if parent.requires_grad]
    return reversed(order)
