"""What a trusted header commits to: parameters, rows and pages of a body are held against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.block import read_parameters
from focusmesh.kernel.focus import LEADERS_MAX, LEADERS_PAGE, PARTICLES_A_PAGE, VALUES_A_PAGE
from focusmesh.kernel.receipts.leaves import check_leaves
from focusmesh.kernel.receipts.paths import path_of, read_root
from focusmesh.kernel.receipts.push import committed_slack
from focusmesh.kernel.state import ROW_PREFIX, SIZE_KEY, Parameters
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from fractions import Fraction

    from focusmesh.kernel.block import FocusCertificate, Header
    from focusmesh.kernel.receipts.rows.body import RowBody
    from focusmesh.kernel.receipts.wire import BodyReader


@dataclass(frozen=True)
class Anchors:
    """A header whose block carries a focus of its own graph, and the parameters and sizes that go with it."""

    header: Header
    certificate: FocusCertificate
    parameters: Parameters
    link_count: int

    @classmethod
    def of(cls, header: Header, body: RowBody) -> Anchors:
        """Raises ProofError ("focus", "parameters", "state") where the body does not fit the header."""
        certificate = certificate_of(header)
        links = read_size(body.size, certificate.particles)
        return cls(header, certificate, read_parameters(body.parameters, header), links)

    def slack(self) -> Fraction:
        """How far the committed vector can be off its fixed point in L1."""
        sizes = self.certificate.particles, self.link_count
        return committed_slack(self.parameters.residual_limit, self.parameters.operator, *sizes)

    def check(self, body: RowBody, reader: BodyReader) -> None:
        """Reads the hashes; raises ProofError where rows, size or pages are not under the header's roots."""
        _check_state(body, self.header.state_root, reader)
        certificate, count = self.certificate, self.certificate.particles
        leaders = -(-min(count, LEADERS_MAX) // LEADERS_PAGE)
        on_pages = -(-count // PARTICLES_A_PAGE)
        values = -(-count // VALUES_A_PAGE)
        roots = certificate.leaders_root, certificate.particles_root, self.header.focus_root
        check_leaves(body.leader_pages(), leaders, roots[0], "leaders", reader)
        check_leaves(body.particle_page_bytes(), on_pages, roots[1], "particles", reader)
        check_leaves(body.value_pages, values, roots[2], "focus", reader)
        reader.end()


def certificate_of(header: Header) -> FocusCertificate:
    """Raises ProofError ("focus") where the header has no focus of the graph at its own height."""
    certificate = header.focus_certificate
    if certificate is None or certificate.height != header.height:
        there = "a height that does" if certificate is None else f"height {certificate.height}"
        raise ProofError("focus", f"block {header.height} carries no focus: ask at {there}")
    return certificate


def read_size(size: bytes, particle_count: int) -> int:
    """The number of links, from the value of ``/graph/size``; raises ProofError ("state")."""
    try:
        particles, links = msgspec.convert(decode(size), tuple[int, int])
    except (CodecError, msgspec.ValidationError) as error:
        raise ProofError("state", f"the size of the graph is not a pair: {error}") from error
    if particles != particle_count or links < 0:
        raise ProofError("state", f"the graph has {particles} particles, not {particle_count}")
    return links


def _check_state(body: RowBody, state_root: bytes, reader: BodyReader) -> None:
    entries: list[tuple[bytes, bytes | None]] = [(path_of(SIZE_KEY), body.size)]
    entries += [
        (path_of(ROW_PREFIX + body.digests[shown.row.source]), body.row_value(shown))
        for shown in body.rows
    ]
    entries.sort()
    if read_root(entries, reader) != state_root:
        raise ProofError("state", "these rows are not under the state root in the header")
