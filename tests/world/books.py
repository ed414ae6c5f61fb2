"""What a ledger knows, in dictionaries: who owns what, every link, every claim; and the leaves that come of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, TypeAlias

from tests.kernel.state.links import links_model
from tests.kernel.state.tree.smt_model import Model as Tree
from tests.world import pins
from tests.world.naive import cbor

Link: TypeAlias = tuple[bytes, bytes, bytes, bytes]
"""Source, target, relation (zeros for none), author."""
MOST = 2**63 - 1


class Owner(NamedTuple):
    """An account, its fields in the order of the leaf."""

    balance: int = 0
    stake: int = 0
    locked: int = 0
    burned: int = 0
    nonce: int = 0
    bandwidth: int = 0
    bandwidth_height: int = 0
    origin: bytes = b""


@dataclass
class Books:
    """All of it. ``links`` has the height of the last change besides the amount; contents are no part of the root."""

    owners: dict[bytes, Owner] = field(default_factory=dict)
    links: dict[Link, tuple[int, int]] = field(default_factory=dict)
    blobs: dict[bytes, tuple[int, bytes, int]] = field(default_factory=dict)
    forgotten: dict[bytes, tuple[bytes, int]] = field(default_factory=dict)
    properties: dict[bytes, bytes] = field(default_factory=dict)
    keys: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)
    contents: dict[bytes, bytes] = field(default_factory=dict)
    pins: dict[bytes, dict[str, Any]] = field(default_factory=dict)
    lost: dict[bytes, int] = field(default_factory=dict)
    grids: dict[bytes, bytes] = field(default_factory=dict)
    particles: set[bytes] = field(default_factory=set)
    parameters: dict[str, Any] = field(default_factory=dict)
    focus: dict[str, Any] = field(default_factory=dict)

    def copy(self) -> Books:
        """The same in books of its own."""
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        return Books(**{name: value.copy() for name, value in own.items()})

    @property
    def supply(self) -> int:
        return sum(owner.balance + owner.stake for owner in self.owners.values())

    def holder(self, key: bytes) -> bytes:
        """Who signs for a key today."""
        if key not in self.keys:
            return key
        return self.keys[self.keys[key][1]][0]

    def weights(self) -> dict[tuple[bytes, bytes], int]:
        """Weights of axons."""
        rows = {source: links_model.weights(row) for source, row in self.rows().items()}
        return {(source, target): w for source, row in rows.items() for target, w in row.items()}

    def rows(self) -> dict[bytes, links_model.Row]:
        found: dict[bytes, links_model.Row] = {}
        for (source, *rest), entry in self.links.items():
            found.setdefault(source, {})[b"".join(rest)] = entry
        return found

    def leaves(self) -> dict[bytes, bytes]:
        """Every key of the state with its value."""
        found = {
            b"/token/supply": cbor(self.supply),
            b"/kv/parameters": cbor(self.parameters),
        }
        found |= {b"/token/account/" + key: cbor(list(each)) for key, each in self.owners.items()}
        found |= {b"/kv/blob/" + key: cbor(list(each)) for key, each in self.blobs.items()}
        found |= {b"/kv/forgotten/" + key: cbor(list(each)) for key, each in self.forgotten.items()}
        found |= {b"/kv/property/" + key: value for key, value in self.properties.items()}
        found |= {b"/kv/key/" + key: new + first for key, (new, first) in self.keys.items()}
        found |= {b"/pin/" + key: pins.leaf(each) for key, each in self.pins.items()}
        found |= self.grids
        for source, row in self.rows().items():
            found[b"/graph/row/" + source] = links_model.value(row) or b""
        if self.particles:
            found[b"/graph/size"] = cbor([len(self.particles), len(self.links)])
        if self.focus:
            found[b"/graph/focus"] = cbor(self.focus)
        return found

    @property
    def root(self) -> bytes:
        return Tree(self.leaves()).root
