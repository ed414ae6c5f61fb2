"""Votes of a cube's vertices: each names the one before it, under keys that are derived from the grid's secret."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from focusmesh.apps.grid import (
    FIRST_PREVIOUS,
    Run,
    VoteCertificate,
    hold_vote,
    validator_set_of,
    vertex_keys,
)
from focusmesh.errors import GridError, ParameterError
from focusmesh.host.grid.answers import printable
from focusmesh.host.grid.records import EvidenceRow, VerifiedAnswer, VoteAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.grid.cube import Instance
    from focusmesh.host.grid.kept_grid import KeptGrid
    from focusmesh.host.grid.requests import VerifyVote, Vote
    from focusmesh.protocol.identity import SigningKey


def vote_after(
    kept: KeptGrid, cube: Instance, request: Vote, content: bytes
) -> tuple[VoteAnswer, Run]:
    """A vote on what comes after ``content``, as the one after the cube's last; and what is to be kept of it."""
    keys = _keys(kept, cube)
    height, previous = 1, FIRST_PREVIOUS
    if cube.name in kept.votes:
        last = VoteCertificate.from_bytes(kept.votes[cube.name])
        height, previous = last.question.height + 1, last.digest
    begun = kept.clock()
    found = hold_vote(
        cube,
        keys,
        content,
        height=height,
        previous=previous,
        bad=request.bad,
        seed=request.seed,
    )
    certificate = found.certificate
    kept.votes[cube.name] = certificate.to_bytes()
    answer = VoteAnswer(
        instance=cube.name,
        height=height,
        previous=previous.hex(),
        certificate=base64.b64encode(kept.votes[cube.name]).decode(),
        digest=certificate.digest.hex(),
        next=printable(bytes([certificate.next_byte])),
        next_byte=certificate.next_byte,
        signers=_signers(certificate, keys),
        rounds=found.rounds,
        messages=found.messages,
        refused=found.refused,
        evidence=[
            EvidenceRow(vertex=vertex, kind="equivocation")
            for vertex in sorted({_name(one.first.signer, keys) for one in found.evidence})
        ],
        kappa=cube.kappa,
    )
    run = Run(
        f"vote-{cube.name}-{height}",
        cube.name,
        "vote",
        begun,
        kept.clock(),
        "done",
        content,
        kept.votes[cube.name],
    )
    return answer, run


def check_vote(kept: KeptGrid, cube: Instance, request: VerifyVote) -> VerifiedAnswer:
    """A certificate held against the keys of a cube."""
    try:
        data = base64.b64decode(request.certificate, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ParameterError(f"a certificate is given as base64: {error}") from error
    keys = _keys(kept, cube)
    certificate = VoteCertificate.from_bytes(data)
    certificate.verify(validator_set_of(keys))
    return VerifiedAnswer(
        instance=cube.name,
        height=certificate.question.height,
        digest=certificate.digest.hex(),
        signers=_signers(certificate, keys),
        kappa=cube.kappa,
    )


def _signers(certificate: VoteCertificate, keys: Mapping[str, SigningKey]) -> list[str]:
    return sorted(_name(voter, keys) for voter, _ in certificate.certificate.signatures)


def _name(voter: bytes, keys: Mapping[str, SigningKey]) -> str:
    return next(place for place, key in keys.items() if key.public == voter)


def _keys(kept: KeptGrid, cube: Instance) -> dict[str, SigningKey]:
    if kept.secret is None:
        raise GridError(
            "no-secret", "voting needs keys: name a file of 32 random bytes as grid.secret_file"
        )
    return vertex_keys(kept.secret, cube.name)
