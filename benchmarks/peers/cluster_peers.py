"""PageRank on Spark and on dask, as their users write it: tables of links and of ranks, joined and added up.

Each peer works in a process of its own (worker.py) on the Parquet files that focusmesh partitions: links of one pair
are added up, self-loops dropped, dangling mass and teleport uniform. A peer that is not done when its time is over has
told how long an iteration takes.
"""

from __future__ import annotations

import os
import shutil
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.peers import DAMPING

if TYPE_CHECKING:
    import numpy.typing as npt

PEERS = {
    "PySpark, DataFrame": "benchmarks.peers.cluster_peers:SparkPeer",
    "dask, DataFrame": "benchmarks.peers.cluster_peers:DaskPeer",
    "dask, delayed NumPy": "benchmarks.peers.cluster_peers:DaskVectorPeer",
}
_MEMORY = "6g"


class Peer:
    """Reads the tables of a folder; then one iteration after the other."""

    def __init__(self, folder: str, cores: str) -> None:
        self.folder, self.cores = folder, int(cores)
        self.count = 0
        self.begin()

    def begin(self) -> None:
        """What is started once."""

    def build(self) -> int:
        """From the files to what is iterated over; how many particles there are."""
        raise NotImplementedError

    def iterate(self) -> float:
        """One iteration; the L1 change."""
        raise NotImplementedError

    def rank(self, tolerance: float, limit: float) -> dict[str, float]:
        """Iterates to an L1 change below ``tolerance``, or for ``limit`` seconds; at least twice."""
        begun, times, change = time.perf_counter(), list[float](), 2.0
        while change >= tolerance and (len(times) < 2 or time.perf_counter() - begun < limit):
            start = time.perf_counter()
            change = self.iterate()
            times.append(time.perf_counter() - start)
        return {"iterations": len(times), "change": change, "each": min(times)}

    def scores(self, path: str) -> None:
        """Particles and scores, for the judge."""
        ids, values = self.table()
        np.savez(path, ids=ids, scores=values)

    def table(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """All particles and their scores."""
        raise NotImplementedError


class SparkPeer(Peer):
    """Links partitioned by source, ranks by particle: a join that moves nothing, and a sum that is shuffled."""

    def begin(self) -> None:
        if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            raise ImportError("Spark needs Java, which is not here")
        from pyspark.sql import SparkSession

        self.parts = 4 * self.cores
        settings = {
            "spark.driver.memory": _MEMORY,
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.shuffle.partitions": str(self.parts),
            "spark.sql.autoBroadcastJoinThreshold": "-1",
            "spark.sql.adaptive.enabled": "false",
        }
        builder = SparkSession.builder.master(f"local[{self.cores}]").appName("focusmesh peer")
        for name, value in settings.items():
            builder = builder.config(name, value)
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")

    def build(self) -> int:
        from pyspark.sql import functions as f

        told = self.session.read.parquet(self.folder)
        summed = (
            told.where("source != target and weight > 0")
            .groupBy("source", "target")
            .agg(f.sum("weight").alias("weight"))
        )
        out = summed.groupBy("source").agg(f.sum("weight").alias("out"))
        self.links = (
            summed.join(out, "source")
            .select("source", "target", (f.col("weight") / f.col("out")).alias("share"))
            .repartition(self.parts, "source")
            .persist()
        )
        ends = told.select(f.col("source").alias("id")).union(told.select("target"))
        self.particles = ends.distinct().repartition(self.parts, "id").persist()
        self.count = int(self.particles.count())
        self.links.count()
        self.ranks = self.particles.withColumn("rank", f.lit(1.0 / self.count)).persist()
        return self.count

    def iterate(self) -> float:
        from pyspark.sql import functions as f

        flows = self.links.join(self.ranks, self.links.source == self.ranks.id)
        came = flows.groupBy("target").agg(f.sum(f.col("share") * f.col("rank")).alias("came"))
        came = came.persist()
        arrived = float(came.agg(f.sum("came")).collect()[0][0])
        even = (1 - DAMPING) / self.count + DAMPING * (1 - arrived) / self.count
        joined = self.ranks.join(came, self.ranks.id == came.target, "left")
        after = joined.select(
            "id",
            f.col("rank").alias("before"),
            (DAMPING * f.coalesce("came", f.lit(0.0)) + even).alias("rank"),
        ).localCheckpoint()
        change = float(after.agg(f.sum(f.abs(f.col("rank") - f.col("before")))).collect()[0][0])
        came.unpersist()
        self.ranks.unpersist()
        self.ranks = after.select("id", "rank")
        return change

    def table(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        told = self.ranks.toPandas()
        return told["id"].to_numpy(np.int64), told["rank"].to_numpy(np.float64)


class DaskPeer(Peer):
    """The same with dask.dataframe: merges and sums by group, kept in memory after each step."""

    def begin(self) -> None:
        import dask
        import dask.dataframe

        dask.config.set(scheduler="threads", num_workers=self.cores)
        self.frames = dask.dataframe

    def _summed(self) -> Any:
        """Links, one for each pair."""
        told = self.frames.read_parquet(self.folder)
        kept = told[(told.source != told.target) & (told.weight > 0)]
        kept = kept.assign(weight=kept.weight.astype("float64"))
        ends = self.frames.concat(
            [
                told[["source"]].rename(columns={"source": "id"}),
                told[["target"]].rename(columns={"target": "id"}),
            ]
        )
        self.particles = ends.drop_duplicates(split_out=4 * self.cores).persist()
        self.count = len(self.particles)
        grouped = kept.groupby(["source", "target"])
        return grouped.weight.sum(split_out=4 * self.cores).reset_index()

    def build(self) -> int:
        summed = self._summed().persist()
        out = summed.groupby("source").weight.sum().rename("out").reset_index()
        links = summed.merge(out, on="source")
        links = links.assign(share=links.weight / links.out)[["source", "target", "share"]]
        self.links = links.persist()
        self.ranks = self.particles.assign(rank=1.0 / self.count).persist()
        return self.count

    def iterate(self) -> float:
        flows = self.links.merge(self.ranks, left_on="source", right_on="id")
        flows = flows.assign(came=flows.share * flows["rank"])[["target", "came"]]
        came = flows.groupby("target").came.sum(split_out=4 * self.cores).reset_index().persist()
        even = (1 - DAMPING * float(came.came.sum().compute())) / self.count
        joined = self.ranks.merge(came, left_on="id", right_on="target", how="left")
        after = joined.assign(before=joined["rank"], rank=DAMPING * joined.came.fillna(0.0) + even)[
            ["id", "before", "rank"]
        ].persist()
        change = float((after["rank"] - after.before).abs().sum().compute())
        self.ranks = after[["id", "rank"]].persist()
        return change

    def table(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        told = self.ranks.compute()
        return told["id"].to_numpy(np.int64), told["rank"].to_numpy(np.float64)


class DaskVectorPeer(DaskPeer):
    """dask as a scheduler of NumPy: each task has the whole vector of ranks, as long as that fits."""

    def build(self) -> int:
        import dask

        summed = self._summed().compute()
        self.ids = np.sort(self.particles["id"].compute().to_numpy(np.int64))
        source, target = (
            np.searchsorted(self.ids, summed[end].to_numpy()) for end in ("source", "target")
        )
        out = np.bincount(source, summed.weight, self.count)
        share = summed.weight.to_numpy() / out[source]
        cuts = np.linspace(0, len(source), 4 * self.cores + 1).astype(int)
        self.pieces = [
            tuple(array[first:stop] for array in (source, target, share))
            for first, stop in pairwise(cuts.tolist())
        ]
        self.vector = np.full(self.count, 1.0 / self.count)
        self._dask = dask
        return self.count

    def iterate(self) -> float:
        def came(source: Any, target: Any, share: Any, vector: Any) -> Any:
            return np.bincount(target, share * vector[source], self.count)

        vector = self._dask.delayed(self.vector, pure=False)
        parts = [self._dask.delayed(came, pure=False)(*piece, vector) for piece in self.pieces]
        moved = np.sum(self._dask.compute(*parts), axis=0)
        after = DAMPING * moved + (1 - DAMPING * moved.sum()) / self.count
        change = float(np.abs(after - self.vector).sum())
        self.vector = after
        return change

    def table(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        return self.ids, self.vector
