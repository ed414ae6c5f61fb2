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
    """The module ``ray``, connected to ``address`` ("auto", "ray://…", host:port; RAY_ADDRESS of the environment).

    Where this process is connected already, that connection is used and stays. Without an address a cluster of this
    machine is started that listens on loopback alone, and ended with the block. Nothing is told to anyone about its
    use. Raises MissingExtraError without the extra ``cluster``, NetworkError where no cluster answers, or the one of
    this machine would listen beyond it.
    """
    address = address or os.environ.get("RAY_ADDRESS")
    ray = _ray(local=address is None)
    if ray.is_initialized():
        yield ray
        return
    try:
        _connect(ray, address, cpus)
        yield ray
    finally:
        ray.shutdown()


def _ray(*, local: bool) -> Any:
    for name in ("RAY_USAGE_STATS_ENABLED", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"):
        os.environ.setdefault(name, "0")
    if local:
        # Ray takes the outside address of the machine for 127.0.0.1 unless it is told that there is no other machine.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    try:
        import ray
    except ImportError:
        raise MissingExtraError("cluster", "working on a Ray cluster") from None
    if local and not ray.is_initialized():
        # For whoever imported Ray before, which has looked at the setting then.
        from ray._private import ray_constants

        ray_constants.ENABLE_RAY_CLUSTER = False
    return ray


def _connect(ray: Any, address: str | None, cpus: int | None) -> None:
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address is not None:
            ray.init(address=address, **quiet)
            return
        ray.init(
            num_cpus=cpus,
            include_dashboard=False,
            object_store_memory=_STORE_BYTES,
            _node_ip_address=LOOPBACK,
            **quiet,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise NetworkError(
            "cluster",
            f"no Ray cluster answers at {address}: {error}; start one with `ray start --head`, or leave the "
            "address out for one of this machine (`--cluster local`)",
        ) from error
    beyond = {node["NodeManagerAddress"] for node in ray.nodes()} - {LOOPBACK}
    if beyond:
        raise NetworkError(
            "cluster",
            f"Ray would listen at {', '.join(sorted(beyond))} for anyone; start a cluster yourself and give its "
            "address",
        )
