"""Focus in parts that hold their own particles and send each other whole amounts of mass (focus.md §5, rewrite.md).

May import: engine.graph, engine.parallel, and the modules of engine.focus that certificates are made of. Start in
shard.py: what a shard holds and what it sends; splitting.py makes shards, steps.py applies the operator by them.
"""

from __future__ import annotations

from focusmesh.engine.focus.shards.placing import shard_of, shards_of
from focusmesh.engine.focus.shards.solving import Sharded, ShardReport, certify_by_shards

__all__ = ["ShardReport", "Sharded", "certify_by_shards", "shard_of", "shards_of"]
