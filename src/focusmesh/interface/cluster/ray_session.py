"""A connection to Ray: to the cluster at an address, or to one of this machine that ends with its user."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from focusmesh.errors import MissingExtraError, NetworkError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = "127.0.0.1"
_STORE_BYTES = 1 << 28
"""Of a cluster of this machine: objects are small, as everything large lies in files."""


@contextmanager
def ray_session(address: str | None = None, cpus: int | None = None) -> Iterator[Any]:
    """The module ``ray``, connected to ``address`` ("auto", "ray://…", host:port).

    Without an address, or where this process is connected already, that connection is used; else a cluster of this
    machine is started that listens on loopback alone, and ended with the block. Nothing is told to anyone about its
    use. Raises MissingExtraError without the extra ``cluster``, NetworkError where no cluster answers.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError:
        raise MissingExtraError("cluster", "working on a Ray cluster") from None
    if ray.is_initialized():
        yield ray
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address is None:
            ray.init(
                num_cpus=cpus,
                include_dashboard=False,
                object_store_memory=_STORE_BYTES,
                _node_ip_address=LOOPBACK,
                **quiet,
            )
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError) as error:
        raise NetworkError(
            "cluster",
            f"no Ray cluster answers at {address}: {error}; start one with `ray start --head`, or leave the "
            "address out for one of this machine",
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()
