"""Bodies of proofs as bytes: numbers, digests and runs of rising indices, each with one spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.ids import DIGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

_NUMBER_BYTES_MAX = 10


class BodyWriter:
    """Appends; ``bytes()`` of it is the body."""

    def __init__(self) -> None:
        self._parts = bytearray()

    def __bytes__(self) -> bytes:
        return bytes(self._parts)

    def raw(self, data: bytes) -> None:
        """Bytes whose number the reader knows."""
        self._parts += data

    def block(self, data: bytes) -> None:
        """Bytes behind their number."""
        self.number(len(data))
        self.raw(data)

    def number(self, value: int) -> None:
        """An integer ≥ 0 in groups of seven bits, lowest first, as few as it takes."""
        while value >= 0x80:
            self._parts.append(value & 0x7F | 0x80)
            value >>= 7
        self._parts.append(value)

    def rising(self, values: Iterable[int]) -> None:
        """Integers that rise strictly, as distances; their count is for the caller to write."""
        last = -1
        for value in values:
            self.number(value - last - 1)
            last = value


class BodyReader:
    """Reads what a ``BodyWriter`` wrote; raises ProofError ("body") for everything else."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def raw(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        taken = self._data[self._at : self._at + count]
        if len(taken) != count:
            raise ProofError("body", f"the body ends within {count} bytes from byte {self._at}")
        self._at += count
        return taken

    def digest(self) -> bytes:
        """The next 32 bytes."""
        return self.raw(DIGEST_BYTES)

    def block(self) -> bytes:
        """Bytes behind their number."""
        return self.raw(self.number())

    def number(self) -> int:
        """An integer ≥ 0 below 2⁷⁰."""
        value = 0
        for place in range(_NUMBER_BYTES_MAX):
            byte = self.raw(1)[0]
            value |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                if byte == 0 and place:
                    break
                return value
        raise ProofError("body", f"a number before byte {self._at} is not in its shortest form")

    def count(self) -> int:
        """How many things follow, none of which takes less than a byte."""
        value = self.number()
        if value > len(self._data) - self._at:
            raise ProofError("body", f"byte {self._at} announces {value} items, too many")
        return value

    def rising(self, count: int, below: int) -> list[int]:
        """``count`` integers that rise strictly, the last one less than ``below``."""
        values, last = [], -1
        for _ in range(count):
            last += self.number() + 1
            values.append(last)
        if last >= below:
            raise ProofError("body", f"index {last} before byte {self._at} is not below {below}")
        return values

    def end(self) -> None:
        """Raises ProofError unless everything was read."""
        if self._at != len(self._data):
            raise ProofError("body", f"{len(self._data) - self._at} bytes follow the body")
