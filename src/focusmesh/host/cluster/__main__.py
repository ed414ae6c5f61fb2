"""Focus and certificate of a partitioned graph, under torchrun or alone.

torchrun --nproc-per-node 2 -m focusmesh.host.cluster PARTS --scores FOLDER --certificate FILE --keep FOLDER
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from focusmesh.engine.cluster import open_manifest
from focusmesh.engine.focus import EPSILON, FocusParams
from focusmesh.errors import FocusmeshError
from focusmesh.host.cluster.cluster_graph import ClusterGraph
from focusmesh.host.cluster.results import verify_writable
from focusmesh.host.cluster.torch_ranks import SECONDS
from focusmesh.host.cluster.torchrun import TorchrunGroup, serve, torchrun_worker

if TYPE_CHECKING:
    from focusmesh.engine.support.progress import Step


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 1 with a message on standard error where something went wrong."""
    told = _parser().parse_args(arguments)
    if not (told.scores or told.certificate):
        _parser().error("say what to write: --scores, --certificate, or both")
    try:
        with torchrun_worker(told.parts, verify=told.verify, seconds=told.seconds) as worker:
            if worker.exchange.rank:
                serve(worker, told.threads)
            else:
                _order(told, TorchrunGroup(worker, told.threads))
    except FocusmeshError as error:
        sys.stderr.write(f"focusmesh: {error}\n")
        return 1
    return 0


def _order(told: argparse.Namespace, group: TorchrunGroup) -> None:
    """What the first worker has all of them do; one line of JSON for each."""
    params = FocusParams.pagerank() if told.pagerank else FocusParams()
    graph = ClusterGraph(group, open_manifest(told.parts))
    if told.scores:
        verify_writable(told.scores)
        focus = graph.focus(params, told.tolerance, keep=told.keep, progress=_progress(told))
        focus.write(told.scores)
        _say(
            scores=told.scores,
            bound=focus.bound,
            sweeps=focus.sweeps,
            seconds=focus.seconds,
            straggler=focus.straggler,
            workers=[[worker.seconds, worker.waited] for worker in focus.workers],
        )
    if told.certificate:
        made = graph.certify(
            told.certificate,
            params,
            weight_unit=told.weight_unit,
            epsilon=told.epsilon,
            keep=told.keep,
            progress=_progress(told),
        )
        _say(
            certificate=told.certificate,
            residual=made.residual,
            sweeps=made.sweeps,
            seconds=made.seconds,
        )
    graph.close()


def _say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _progress(told: argparse.Namespace) -> Any:
    if not told.progress:
        return None

    def tell(step: Step) -> None:
        sys.stderr.write(f"{step.what}: {step.done} {step.unit}\n")

    return tell


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="focusmesh.host.cluster", description=(__doc__ or "").partition("\n")[0]
    )
    add = parser.add_argument
    add("parts", help="folder of parts (see `focusmesh cluster partition`), which all workers see")
    add("--scores", help="folder to write scores to as Parquet, one file a worker")
    add("--certificate", help="file to write the certificate to")
    add("--tolerance", type=float, default=1e-6, help="bound of the scores in L1 (1e-6)")
    add("--pagerank", action="store_true", help="PageRank in place of the focus")
    add("--weight-unit", type=float, help="what one unit of a whole weight is, for a certificate")
    add("--epsilon", type=float, default=EPSILON, help="largest residual of a certificate (1e-8)")
    add("--keep", help="folder where workers keep what they reached, to go on from after an end")
    add("--threads", type=int, help="threads of each worker (default: its cores)")
    add("--seconds", type=float, default=SECONDS, help="how long workers wait for each other")
    add("--verify", action="store_true", help="compare the parts with their digests first")
    add("--progress", action="store_true", help="tell on standard error how far it is")
    return parser


if __name__ == "__main__":
    sys.exit(main())
