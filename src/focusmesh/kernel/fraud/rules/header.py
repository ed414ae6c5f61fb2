"""Rules of the certificate itself, of what it says of the state, and of the particles it ranks."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.block import focus_entry, is_focus_turn
from focusmesh.kernel.focus import NO_TRACE, ChainFocus
from focusmesh.kernel.fraud.forms import BEFORE, GRAPH, PARENT, STATE, not_proved
from focusmesh.kernel.fraud.leaves import EMPTY, fold, leaf_node, path_of
from focusmesh.kernel.state import FOCUS_KEY

if TYPE_CHECKING:
    from focusmesh.kernel.fraud.view import View


def certificate(view: View) -> str | None:
    """What headers and parameters alone show."""
    header, parent, parameters = view.header, view.parent, view.parameters
    own = header.focus_certificate
    if not is_focus_turn(header.height, parent, parameters):
        before = parent.focus_certificate, parent.focus_root
        same = (own, header.focus_root) == before
        return None if same else f"block {header.height} has another focus out of turn"
    if own is None:
        return None if parent.focus_certificate is None else "it carries no focus, its parent does"
    focus = ChainFocus(parameters.operator, parameters.residual_limit)
    wrong = {
        "height": own.height != header.height,
        "particles": not own.particles,
        "limit": own.limit != parameters.residual_limit,
        "rise": own.rise > parameters.residual_limit,
        "params_hash": own.params_hash != focus.params_hash,
        "trace_root": own.trace_root == NO_TRACE,
    }
    found = [name for name, is_wrong in wrong.items() if is_wrong]
    return f"{found[0]} of its certificate cannot be" if found else None


def none(view: View) -> str | None:
    """No focus although there are particles."""
    if view.header.focus_certificate is not None:
        return None
    if not is_focus_turn(view.header.height, view.parent, view.parameters):
        return None
    count = view.size(STATE)
    return f"it carries no focus of {count} particles" if count else None


def entry(view: View) -> str | None:
    """The state says something else of the focus than the header."""
    certificate, root = view.certificate, view.header.focus_root
    kept = view.leaf(STATE, FOCUS_KEY)
    same = kept == focus_entry(certificate, root)
    return None if same else "the state has another certificate than the header"


def graph(view: View, beside: bytes) -> str | None:
    """``graph_root`` is not the state without the block's own focus.

    ``beside`` is what the last sibling is the hash of where there was no focus before: path and hash of value of a
    leaf, or two nodes.
    """
    certificate = view.certificate
    before = view.leaf(PARENT, FOCUS_KEY)
    if view.leaf(STATE, FOCUS_KEY) is None:
        raise not_proved("its state has no focus")
    siblings, path = view.siblings(STATE, FOCUS_KEY), path_of(FOCUS_KEY)
    was = None if before is None else fold(path, siblings, leaf_node(path, before))
    root = _without(path, siblings, beside) if was is None else was
    same = root == certificate.graph_root
    return None if same else "its graph root is not that of its state without the focus"


def _without(path: bytes, siblings: list[bytes], beside: bytes) -> bytes:
    """The root without the leaf at ``path``: a leaf beside it rises as far as it is alone."""
    if not siblings:
        return EMPTY
    last = siblings[-1]
    if last == sha256(b"\x00" + beside).digest():
        siblings = siblings[:-1]
        while siblings and siblings[-1] == EMPTY:
            siblings = siblings[:-1]
        return fold(path, siblings, last)
    if last == sha256(b"\x01" + beside).digest():
        return fold(path, siblings, EMPTY)
    raise not_proved("what lies beside the focus in the state is not shown")


def size(view: View) -> str | None:
    """It ranks another number of particles than there are."""
    count = view.size(GRAPH)
    same = count == view.count
    return None if same else f"it ranks {view.count} particles of {count}"


def form(view: View, tree: int, index: int) -> str | None:
    """A page has a length that no page there has."""
    if not 0 <= index < view.page_count(tree) or tree == BEFORE:
        raise not_proved(f"it has no page {index} of tree {tree}")
    same = len(view.content(tree, index)) == view.page_bytes(tree, index)
    return None if same else f"page {index} of tree {tree} is not a page"


def order(view: View, at: int) -> str | None:
    """Two particles beside each other do not rise."""
    rising = view.particle(at) < view.particle(at + 1)
    return None if rising else f"particles {at} and {at + 1} do not rise"


def source(view: View, state: int, digest: bytes, at: int) -> str | None:
    """A particle that links to something is not among those ranked."""
    _require_particle(digest)
    if view.kept_row(_require_known(state), digest) is None or not view.lacks(digest, at):
        return None
    return f"particle {digest.hex()} has links and is not ranked"


def target(view: View, state: int, origin: bytes, digest: bytes, at: int) -> str | None:
    """A particle that is linked to is not among those ranked."""
    _require_particle(digest)
    if not view.axon(_require_known(state), origin, digest) or not view.lacks(digest, at):
        return None
    return f"particle {digest.hex()} is linked to and is not ranked"


def left_out(view: View, index: int, at: int) -> str | None:
    """A particle of the focus before is not among those ranked."""
    digest = view.particle(index, BEFORE)
    return f"particle {digest.hex()} was ranked and is not" if view.lacks(digest, at) else None


def _require_known(state: int) -> int:
    if state == STATE:
        raise not_proved("rows are shown in the state before the focus was written")
    return state


def _require_particle(digest: bytes) -> None:
    if len(digest) != DIGEST_BYTES:
        raise not_proved(f"a particle has {DIGEST_BYTES} bytes")
