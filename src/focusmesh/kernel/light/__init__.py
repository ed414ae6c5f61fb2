"""Light clients: which headers are final for whoever holds no state, from a block that it trusts.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.kernel.light.fork import Fork as Fork
    from focusmesh.kernel.light.handover import StrayBlock as StrayBlock
    from focusmesh.kernel.light.handover import find_stray_block as find_stray_block
    from focusmesh.kernel.light.light_chain import HEADERS_TOGETHER_MAX as HEADERS_TOGETHER_MAX
    from focusmesh.kernel.light.light_chain import LightChain as LightChain
    from focusmesh.kernel.light.rules import LightRules as LightRules
    from focusmesh.kernel.light.trusted import Trusted as Trusted
else:
    __getattr__, __dir__ = lazily(__name__)
