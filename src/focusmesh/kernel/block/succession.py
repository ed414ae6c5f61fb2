"""Which header may follow another, as far as rules go: their version, the epoch, who decides in it, the parameters.

Headers of version 1 are of the epoch that their height falls into. Those of version 2 say their epoch themselves, for
an epoch can end by time; then parameters may change with the first block of an epoch, and are proved under the state
root of the block before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import BlockError, ProofError
from focusmesh.kernel.block.header import VERSION, VERSION_CHANGING
from focusmesh.kernel.block.parameters import read_parameters
from focusmesh.kernel.block.report import FocusReport
from focusmesh.kernel.state import PARAMETERS_KEY, decode_proof, verify_membership

if TYPE_CHECKING:
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.state import Parameters

PARAMETERS_PROOF_BYTES_MAX = 1 << 17
"""More than the proof of any parameters; what is longer is not read."""


class HeaderPosition(NamedTuple):
    """A header and the ``parameters`` that hold for its block, whose canonical bytes are ``data``."""

    header: Header
    data: bytes
    parameters: Parameters

    @classmethod
    def of(cls, header: Header, data: bytes) -> HeaderPosition:
        """Raises ProofError ("parameters") where the header has not the digest of these bytes."""
        return cls(header, data, read_parameters(data, header))

    @property
    def epoch(self) -> int:
        """The epoch of the block: 0 for block 0, and where one key makes blocks under rules that cannot change."""
        return epoch_of_header(self.header, self.parameters)

    @property
    def is_last_of_epoch(self) -> bool:
        """Whether the next block is of the next epoch, where blocks have epochs."""
        header, agreement = self.header, self.parameters.agreement
        if not header.height or header.version >= VERSION_CHANGING:
            return header.ends_epoch or not header.height
        return agreement is not None and header.height % agreement.epoch_blocks == 0

    @property
    def next_epoch(self) -> int:
        """The epoch of the next block, where that has one; the first one is 1."""
        if self.header.version < VERSION_CHANGING and self.parameters.agreement is None:
            return 1
        return max(1, self.epoch + self.is_last_of_epoch)

    def follow(self, header: Header, proof: bytes) -> HeaderPosition:
        """The position of a later header of the next block's epoch, as far as rules go; O(log n).

        ``proof``: of the parameters that hold from the first block of its epoch on, under the state root of this
        header, where they are others; else nothing. Raises BlockError: "params-hash", "version", "epoch", "engine",
        "report"; "upgrade" where they are of a version that came after this focusmesh.
        """
        after = self._position(header, proof)
        at = f"block {header.height}"
        version = VERSION_CHANGING if after.parameters.can_change else VERSION
        if header.version != version:
            raise BlockError(
                "version",
                f"{at} has a header of version {header.version}, its parameters have {version}",
            )
        if version >= VERSION_CHANGING:
            _check_epoch(self.next_epoch, after)
        return after

    def skip(self, header: Header) -> HeaderPosition:
        """The position of a later header under the same parameters, of this epoch or any after it.

        Raises BlockError: "version", "epoch", "engine", "report".
        """
        after = HeaderPosition(header, self.data, self.parameters)
        if header.version != self.header.version:
            raise BlockError("version", f"block {header.height} has a header of another version")
        if header.version >= VERSION_CHANGING:
            _check_epoch(max(self.next_epoch, header.epoch), after)
        return after

    def _position(self, header: Header, proof: bytes) -> HeaderPosition:
        at = f"block {header.height}"
        if header.params_hash == self.header.params_hash:
            if proof:
                raise BlockError("params-hash", f"{at} proves parameters that did not change")
            return HeaderPosition(header, self.data, self.parameters)
        if not proof:
            raise BlockError(
                "params-hash", f"{at} names other parameters than the block before, without proof"
            )
        data = proved_parameters(proof, self.header.state_root)
        try:
            after = HeaderPosition.of(header, data)
        except ProofError as error:
            if error.code == "upgrade":
                raise BlockError("upgrade", f"{at}: {error}") from error
            raise BlockError("params-hash", f"{at}: {error}") from error
        self._check_change(after)
        return after

    def _check_change(self, after: HeaderPosition) -> None:
        at = f"block {after.header.height}"
        if self.next_epoch == self.epoch:
            raise BlockError("params-hash", f"{at} changes parameters within an epoch")
        both = self.parameters, after.parameters
        is_other = (both[0].agreement is None) != (both[1].agreement is None)
        if is_other and not (self.parameters.can_change and after.parameters.can_hand_over):
            raise BlockError(
                "engine",
                f"{at} is decided by {after.parameters.kind}, those before by {self.parameters.kind}: rules of version "
                f"{after.parameters.version} do not change that",
            )


def _check_epoch(epoch: int, after: HeaderPosition) -> None:
    header, at = after.header, f"block {after.header.height}"
    if header.report:
        FocusReport.decode(header.report)
    if header.epoch != epoch:
        raise BlockError("epoch", f"{at} says that it is of epoch {header.epoch}, it is of {epoch}")
    if header.engine != after.parameters.kind:
        raise BlockError(
            "engine",
            f"{at} is decided by {header.engine}, its parameters say {after.parameters.kind}",
        )


def epoch_of_header(header: Header, parameters: Parameters) -> int:
    """The epoch of a block for which ``parameters`` hold; 0 where blocks of one key have none. O(1)."""
    if header.version >= VERSION_CHANGING:
        return header.epoch
    agreement = parameters.agreement
    return 0 if agreement is None else -(-header.height // agreement.epoch_blocks)


def proved_parameters(proof: bytes, root: bytes) -> bytes:
    """The bytes at ``/kv/parameters`` under a state root. Raises BlockError ("params-hash")."""
    if len(proof) > PARAMETERS_PROOF_BYTES_MAX:
        raise BlockError("params-hash", f"a proof of parameters has {len(proof):,} bytes; refused")
    try:
        shown = decode_proof(proof)
        value = b"" if shown.exist is None else shown.exist.value
        verify_membership(root, shown, PARAMETERS_KEY, value)
    except ProofError as error:
        raise BlockError("params-hash", f"the parameters are not proved: {error}") from error
    return value
