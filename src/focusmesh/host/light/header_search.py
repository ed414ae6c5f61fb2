"""What headers of a source commit to, found by asking for few of them: nothing is believed that they do not commit to.

A header has the digests of parameters and validators; the bytes travel with the first header that has them.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, ProofError
from focusmesh.kernel.block import Header, SignedHeader, proved_parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.host.light.share_sources import Source


def only_header(source: Source, height: int) -> SignedHeader:
    """The header of a height as it travels. Raises ProofError ("height") where the source sends others."""
    headers = source.headers(height, height)
    if len(headers) != 1:
        raise ProofError(
            "height", f"the source sent {len(headers)} headers for block {height} instead of one"
        )
    return headers[0]


def header_at(source: Source, height: int) -> Header:
    """The same, read. Raises BlockError, ProofError ("height")."""
    return _read(only_header(source, height), height)


def _read(signed: SignedHeader, height: int) -> Header:
    header = Header.decode(signed.header)
    if header.height != height:
        raise ProofError("height", f"the source sent block {header.height} instead of {height}")
    return header


def is_readable(signed: SignedHeader) -> bool:
    """Whether this version of focusmesh can read a header. Raises BlockError ("header") for what is none."""
    try:
        Header.decode(signed.header)
    except BlockError as error:
        if error.code == "upgrade":
            return False
        raise
    return True


def readable_headers(headers: list[SignedHeader]) -> list[SignedHeader]:
    """Those before the first that only a newer focusmesh reads. Raises BlockError ("upgrade") where it is the first."""
    known = list(takewhile(is_readable, headers))
    if headers and not known:
        Header.decode(headers[0].header)
    return known


def is_of_epoch(source: Source, height: int, epoch: int) -> bool:
    """Whether a header says that it is of an epoch; one that cannot be read yet is of a later one."""
    signed = only_header(source, height)
    return is_readable(signed) and _read(signed, height).epoch == epoch


def last_height(first: int, last: int, holds: Callable[[int], bool]) -> int:
    """The last height from ``first`` on of those that ``holds`` says yes to, where it does to ``first``. O(log n)."""
    while first < last:
        middle = (first + last + 1) // 2
        first, last = (middle, last) if holds(middle) else (first, middle - 1)
    return first


def shown_parameters(source: Source, header: Header, first: bytes) -> bytes:
    """Parameters that a header commits to: ``first``, those of the genesis, or what headers of a source prove.

    Asks for O(log n) headers. Raises BlockError ("params-hash"), ProofError, as the source refuses.
    """
    changed = _change_before(source, header, "params_hash")
    if changed is None:
        return first
    root = header_at(source, changed - 1).state_root
    return proved_parameters(only_header(source, changed).parameters, root)


def shown_validators(source: Source, header: Header) -> bytes:
    """Validators that a header commits to, shown by the first header that they decided; nothing for the first ones.

    Asks for O(log n) headers. Raises as ``shown_parameters``.
    """
    changed = _change_before(source, header, "validators_hash")
    return b"" if changed is None else only_header(source, changed + 1).rotation


def _change_before(source: Source, header: Header, name: str) -> int | None:
    """A height at which a field came to be what it is in ``header``; None where it is that of block 0."""
    own = getattr(header, name)
    if not header.height or getattr(header_at(source, 0), name) == own:
        return None
    return 1 + last_height(
        0, header.height - 1, lambda height: getattr(header_at(source, height), name) != own
    )
