"""Votes of a cube's vertices, with keys that are derived from the grid's secret."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from focusmesh.apps.grid import VoteCertificate, electorate_of, hold_vote, vertex_keys
from focusmesh.engine.grid.cube import CENTRAL
from focusmesh.errors import GridError, ParameterError
from focusmesh.interface.grid.answering import printed
from focusmesh.interface.grid.records import EvidenceRow, VerifiedAnswer, VoteAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.grid.cube import Instance
    from focusmesh.interface.grid.keeping import KeptGrid
    from focusmesh.interface.grid.requests import VerifyVote, Vote
    from focusmesh.protocol.identity import SigningKey


def voted(kept: KeptGrid, cube: Instance, request: Vote, content: bytes) -> VoteAnswer:
    """A vote on what comes after ``content``, at the next height of the grid's history."""
    keys = _keys(kept, cube)
    tip = kept.history.tip
    found = hold_vote(
        cube,
        keys,
        content,
        height=tip.height + 1,
        previous=tip.id,
        bad=request.bad,
        seed=request.seed,
    )
    certificate = found.certificate
    return VoteAnswer(
        instance=cube.name,
        certificate=base64.b64encode(certificate.to_bytes()).decode(),
        digest=found.digest.hex(),
        output=printed(found.output),
        signers=_signers(certificate, keys),
        rounds=found.rounds,
        messages=found.messages,
        evidence=[EvidenceRow(vertex=one.voter, kind=one.kind) for one in found.evidence],
        kappa=cube.kappa,
    )


def verified(kept: KeptGrid, cube: Instance, request: VerifyVote) -> VerifiedAnswer:
    """A certificate held against the keys of a cube."""
    try:
        data = base64.b64decode(request.certificate, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ParameterError(f"a certificate is given as base64: {error}") from error
    keys = _keys(kept, cube)
    certificate = VoteCertificate.from_bytes(data)
    certificate.verify(electorate_of(keys))
    return VerifiedAnswer(
        instance=cube.name,
        digest=certificate.digest.hex(),
        signers=_signers(certificate, keys),
        kappa=cube.kappa,
    )


def _signers(certificate: VoteCertificate, keys: Mapping[str, SigningKey]) -> list[str]:
    names = {key.public: name for name, key in keys.items() if name != CENTRAL}
    return sorted(names[voter] for voter in certificate.voters)


def _keys(kept: KeptGrid, cube: Instance) -> dict[str, SigningKey]:
    if kept.secret is None:
        raise GridError(
            "no-secret", "no keys, no votes: name a file of 32 random bytes as grid.secret_file"
        )
    return vertex_keys(kept.secret, cube.name)
