"""Focus in parts that hold their own particles and send each other whole amounts of mass (docs/explanation/shards.md).

May import: engine.links, engine.support, and the modules of engine.focus that certificates are made of. Start in
shard.py: what a shard holds and what it sends; partition.py makes shards, steps.py applies the operator by them.
"""

from __future__ import annotations

from focusmesh.engine.focus.shards.certificate import Sharded as Sharded
from focusmesh.engine.focus.shards.certificate import ShardReport as ShardReport
from focusmesh.engine.focus.shards.certificate import certify_by_shards as certify_by_shards
from focusmesh.engine.focus.shards.placement import shard_of as shard_of
from focusmesh.engine.focus.shards.placement import shards_of as shards_of
