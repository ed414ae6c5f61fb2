"""What a network agrees on: every number that two nodes need alike to come to the same state."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from focusmesh.engine.focus import EPSILON, FocusParams, ProtocolParams, residual_limit
from focusmesh.errors import CodecError, ParameterError
from focusmesh.kernel.state.accounts.agreement import Agreement
from focusmesh.kernel.state.accounts.change_rules import ChangeRules
from focusmesh.kernel.state.accounts.fee_rules import FeeRules
from focusmesh.kernel.state.accounts.inequalities import require, require_between
from focusmesh.kernel.state.accounts.order_rules import OrderRules
from focusmesh.kernel.state.accounts.staking_rules import StakingRules
from focusmesh.protocol.codec import decode
from focusmesh.protocol.identity import KEY_BYTES
from focusmesh.protocol.signal import OPERATIONS_MAX, SIGNAL_BYTES_MAX

VERSION = 3
"""The rules of a new network whose blocks one key makes; those of older ones are kept with them."""
VERSION_AGREED = 4
"""The rules that validators can decide by: those of version 3, perhaps an agreement, and a trace of the focus."""
VERSION_CHANGING = 5
"""The rules that a network can change by votes of its own: then it has ``changes``, and headers of version 2."""
VERSION_PAYING = 6
"""The rules of a network that pays for itself: besides ``changes`` it has ``fees``, ``staking`` and ``order``."""
SOLO = "solo"
"""What ``kind`` is where one key makes the blocks."""
PAYING_RULES = {"fees": FeeRules, "staking": StakingRules, "order": OrderRules}
"""What comes with version 6, by the names of the fields."""
_SQUARES_SINCE = 3
"""From this version on a header's ``data_root`` is that of the square of its body; before, the body's SHA-256."""
SIZE_MAX = 1 << 30
"""What a block or a blob can be allowed at most: whoever imports a chain has its genesis from a stranger."""


_Rules = TypeVar("_Rules", FeeRules, StakingRules, OrderRules)


def _series() -> tuple[int, ...]:
    return ProtocolParams.of(FocusParams()).series


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of a network, fixed in its genesis unless it has ``changes``; raises ParameterError.

    Amounts are in base units.

    A link locks at least ``weight_unit``, which is also what one unit of an axon's weight stands for, burns
    ``link_burn`` and takes one unit of bandwidth. A neuron has one unit of bandwidth for every ``bandwidth_stake`` of
    its stake, and gets all of it back within ``bandwidth_blocks`` blocks.

    ``alpha``, ``diffusion`` and ``series`` are the operator's coefficients over 2³²
    (docs/reference/certificate-format.md); ``residual_limit``
    is the largest h that a certificate may have, ⌊ε·2⁶²⌋. Every ``focus_interval``-th block carries a focus. What
    changed in the last ``history_window`` blocks is kept, so that their states can be read and proved.

    ``proposers`` may make blocks; ``minters`` may mint, and burn what is theirs. Both are Ed25519 public keys, and
    where one is rotated the newest key may. In networks of ``version`` 1 the first one makes blocks for ever; bodies
    can be sampled from version 3 on. From version 4 on validators may decide, by an ``agreement`` in place of
    ``proposers``, and headers commit to the trace of the focus. From version 5 on they change by votes. From version 6
    on there are prices, rewards and an order of what waits.
    """

    version: int = VERSION
    weight_unit: int = 1
    link_burn: int = 0
    bandwidth_stake: int = 1
    bandwidth_blocks: int = 100
    alpha: int = ProtocolParams.of(FocusParams()).alpha
    diffusion: int = ProtocolParams.of(FocusParams()).diffusion
    series: tuple[int, ...] = msgspec.field(default_factory=_series)
    residual_limit: int = residual_limit(EPSILON)
    focus_interval: int = 1
    history_window: int = 64
    operations_max: int = OPERATIONS_MAX
    signal_bytes_max: int = SIGNAL_BYTES_MAX
    block_bytes_max: int = 1 << 28
    blob_bytes_max: int = 1 << 20
    minters: tuple[bytes, ...] = ()
    proposers: tuple[bytes, ...] = ()
    agreement: Agreement | None = None
    changes: ChangeRules | None = None
    fees: FeeRules | None = None
    staking: StakingRules | None = None
    order: OrderRules | None = None

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold, CertificateError for the coefficients."""
        require_between("version", self.version, 1)
        if self.version > VERSION_PAYING:
            raise ParameterError(
                f"a network of version {self.version}, made by a newer focusmesh; this one knows the rules of "
                f"versions 1 to {VERSION_PAYING}: upgrade"
            )
        require(
            (self.changes is not None) == (self.version >= VERSION_CHANGING),
            f"rules of changes from version {VERSION_CHANGING} on, and not before",
        )
        for name in PAYING_RULES:
            require(
                (getattr(self, name) is not None) == (self.version >= VERSION_PAYING),
                f"rules of {name} from version {VERSION_PAYING} on, and not before",
            )
        if self.changes is not None and self.agreement is not None:
            self.changes.verify_within(self.agreement.trusting_ms)
        if self.agreement is not None and self.version < VERSION_PAYING:
            self.agreement.verify_first_bonds()
        is_agreed = self.agreement is not None
        require(
            not is_agreed or (self.version >= VERSION_AGREED and not self.proposers),
            f"an agreement from version {VERSION_AGREED} on alone, and then no proposers",
        )
        for name in ("weight_unit", "bandwidth_stake", "bandwidth_blocks", "focus_interval"):
            require_between(name, getattr(self, name), 1)
        require_between("operations_max", self.operations_max, 1, OPERATIONS_MAX)
        require_between("signal_bytes_max", self.signal_bytes_max, 1, SIGNAL_BYTES_MAX)
        for name in ("block_bytes_max", "blob_bytes_max"):
            require_between(name, getattr(self, name), 1, SIZE_MAX)
        require_between("link_burn", self.link_burn, 0)
        require_between("history_window", self.history_window, 0)
        require(
            0 < self.residual_limit < 2**62, f"0 < residual_limit < 2^62: {self.residual_limit}"
        )
        for key in (*self.minters, *self.proposers):
            require(len(key) == KEY_BYTES, f"keys have {KEY_BYTES} bytes, one has {len(key)}")
        self.operator.verify()

    def as_fields(self) -> dict[str, Any]:
        """The fields as integers, bytes and lists, for encoding; without those that are None."""
        fields: dict[str, Any] = msgspec.to_builtins(self, builtin_types=(bytes,))
        for name in ("agreement", "changes", *PAYING_RULES):
            if fields[name] is None:
                del fields[name]
        return fields

    @classmethod
    def decode(cls, data: bytes) -> Parameters:
        """The parameters in the value at ``/kv/parameters``, which came out of a state. Raises ParameterError."""
        try:
            return msgspec.convert(decode(data), cls, builtin_types=(bytes,))
        except (CodecError, msgspec.ValidationError) as error:
            raise ParameterError(f"these bytes are no parameters of a network: {error}") from error

    @property
    def kind(self) -> str:
        """Who decides blocks: "solo", or what the agreement says."""
        return SOLO if self.agreement is None else self.agreement.kind

    @property
    def required_agreement(self) -> Agreement:
        """The agreement. Raises ParameterError where one key makes the blocks."""
        if self.agreement is None:
            raise ParameterError(
                "one key makes the blocks of this network, so it has no validators"
            )
        return self.agreement

    @property
    def required_changes(self) -> ChangeRules:
        """The rules of changes. Raises ParameterError where nothing can change."""
        if self.changes is None:
            raise ParameterError("the rules of this network cannot change: it has none for that")
        return self.changes

    @property
    def required_fees(self) -> FeeRules:
        """The prices. Raises ParameterError before version 6."""
        return self._demand(self.fees, "fees")

    @property
    def required_staking(self) -> StakingRules:
        """The rules of rewards and penalties. Raises ParameterError before version 6."""
        return self._demand(self.staking, "staking")

    @property
    def required_order(self) -> OrderRules:
        """The rules of what comes first. Raises ParameterError before version 6."""
        return self._demand(self.order, "order")

    def _demand(self, rules: _Rules | None, name: str) -> _Rules:
        if rules is None:
            raise ParameterError(
                f"this network has no rules of {name}: its parameters are of version {self.version}, those that "
                f"have are of version {VERSION_PAYING}"
            )
        return rules

    @property
    def has_squares(self) -> bool:
        """Whether bodies are shared in squares, which headers name the root of."""
        return self.version >= _SQUARES_SINCE

    @property
    def has_trace(self) -> bool:
        """Whether headers commit to the trace of the focus, so that a wrong one can be proved."""
        return self.version >= VERSION_AGREED

    @property
    def can_change(self) -> bool:
        """Whether votes can change these, so that headers are of version 2 and say which epoch they are of."""
        return self.version >= VERSION_CHANGING

    @property
    def can_hand_over(self) -> bool:
        """Whether votes can change who decides blocks: bonds may then outlive an agreement, or come before it."""
        return self.version >= VERSION_PAYING

    @property
    def operator(self) -> ProtocolParams:
        """The coefficients of R."""
        return ProtocolParams(self.alpha, self.diffusion, tuple(self.series))
