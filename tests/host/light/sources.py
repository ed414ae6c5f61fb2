"""Sources of headers that nobody made blocks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import FileError
from focusmesh.host.service import NotThereError

if TYPE_CHECKING:
    from focusmesh.kernel.block import SignedHeader
    from tests.kernel.light.chains import FakeChain
    from tests.kernel.light.changing import ChangingChain


class FakeSource:
    """Answers of a chain up to ``height``; ``asked`` counts headers that it gave. Without squares: no samples."""

    def __init__(self, chain: FakeChain | ChangingChain, height: int) -> None:
        self.chain, self.height, self.asked = chain, height, 0
        self.is_down = False
        self.proofs: dict[bytes, bytes] = {}

    def tip(self) -> int:
        self._answer()
        return self.height

    def headers(self, first: int, last: int) -> list[SignedHeader]:
        self._answer()
        found = self.chain.signed[first : min(last, self.height) + 1]
        self.asked += len(found)
        return found

    def frauds(self) -> list[bytes]:
        self._answer()
        return list(self.proofs)

    def fraud(self, block: bytes) -> bytes:
        return self.proofs[block]

    def validators(self, height: int) -> bytes:
        raise NotThereError("no validators are told here")

    def _answer(self) -> None:
        if self.is_down:
            raise FileError("it is down")
