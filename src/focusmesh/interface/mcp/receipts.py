"""Receipts of what a ledger's memory holds, kept until they are read."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import InputError, ParameterError
from focusmesh.host.service import in_json
from focusmesh.ids import digest
from focusmesh.interface.mcp.answers import particle_of

if TYPE_CHECKING:
    from focusmesh.host.service import Service
    from focusmesh.interface.mcp.store import Moment
    from focusmesh.kernel.receipts import Receipt

SCHEME = "focusmesh://receipt/"
_KEPT = 32


class Proof(msgspec.Struct, frozen=True):
    """What a receipt says, and where it is."""

    kind: str
    height: int
    network: str
    state_root: str
    author: str | None
    result: dict[str, Any]
    receipt: str
    bytes: int


class Prover:
    """Asks a ledger for receipts. The last ones can be read under their URIs."""

    def __init__(self, service: Service) -> None:
        """``service`` of a ledger, with a keyring."""
        self._ledger = service.ledger
        self._lock = Lock()
        self._receipts: OrderedDict[str, str] = OrderedDict()

    def prove(
        self, moment: Moment, entity: str | None, source: str | None, target: str | None
    ) -> Proof:
        """The score of a particle, or a link with who made it; where there is no such link, that there is none.

        Raises ParameterError where it is not said which, UnknownParticleError, BlockError.
        """
        if entity is not None and source is None and target is None:
            return self._keep(self._score(moment, entity))
        if entity is None and source is not None and target is not None:
            return self._keep(self._link(moment, source, target))
        raise ParameterError("prove either an entity, or a link by its source and target")

    def receipt(self, uri: str) -> str:
        """A receipt as `focusmesh verify` reads it. Raises InputError for one that is not kept any more."""
        with self._lock:
            found = self._receipts.get(uri)
        if found is None:
            raise InputError(f"{uri[:120]}: no such receipt is kept; prove it again")
        return found

    def _score(self, moment: Moment, entity: str) -> Receipt:
        name = in_json(moment.view.particles[particle_of(moment.view, entity)])
        return self._ledger.rank_receipt(particles=[str(name)], at=moment.height)

    def _link(self, moment: Moment, source: str, target: str) -> Receipt:
        view = moment.view
        begin = particle_of(view, source)
        row = view.row_to(begin, target)
        if row is None:
            ends = [str(in_json(view.particles[at])) for at in (begin, particle_of(view, target))]
            return self._ledger.link_receipt(ends[0], ends[1], at=moment.height)
        ends = [str(in_json(name)) for name in view.key(row)]
        return self._ledger.link_receipt(
            ends[0],
            ends[1],
            neuron=view.author(row),
            relation=ends[2] or None,
            at=moment.height,
        )

    def _keep(self, receipt: Receipt) -> Proof:
        text = receipt.to_json()
        uri = SCHEME + digest(text.encode()).hex()
        with self._lock:
            self._receipts[uri] = text
            while len(self._receipts) > _KEPT:
                self._receipts.popitem(last=False)
        return Proof(
            kind=receipt.kind,
            height=receipt.height,
            network=receipt.network,
            state_root=receipt.state_root,
            author=receipt.query.get("neuron"),
            result=receipt.result,
            receipt=uri,
            bytes=len(text.encode()),
        )


def without_names(proof: Proof) -> Proof:
    """The same, particles by their digests alone."""
    result = {name: value for name, value in proof.result.items() if name != "names"}
    items = [
        {name: value for name, value in item.items() if name != "name"}
        for item in result.get("items", ())
    ]
    return msgspec.structs.replace(proof, result=result | ({"items": items} if items else {}))
