"""Streams go on at their reader's pace and end with the server; health says how it is, reflection what there is."""

from __future__ import annotations

import signal
import time
from functools import partial
from typing import TYPE_CHECKING

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

import focusmesh
from focusmesh.host.service import Service
from focusmesh.interface.server.grpc import GrpcClient, method_types
from focusmesh.interface.server.process.workers import free_port
from tests.host.nodes import SECONDS, Node, until
from tests.interface.server.grpc.conftest import failure, served
from tests.interface.server.process.test_processes import packet, serving

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey
    from tests.interface.server.grpc.conftest import Both

BACKGROUND = ("grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection")


def test_streams_tell_what_is_new(ledger: Path, alice: SigningKey, bob: SigningKey) -> None:
    node = Node(ledger, alice)
    with served(Service.open(ledger)) as both:
        blocks = both.grpc.WatchBlocks(after=0)
        particles = both.grpc.WatchParticles(particles=["a", "b"])
        assert not any(one.HasField("score") for one in next(particles).items)
        for nonce in range(2):
            node.spool.leave(node.signed(bob, nonce))
            node.producer.step()
            block = next(blocks)
            assert (block.height, block.block.signals, block.skipped) == (nonce + 1, 1, 0)
            assert block.root == both.grpc.ListBlocks(limit=1).items[0].state_root
        moved = next(particles)
        assert {one.particle for one in moved.items} == {"a", "b"}
        assert all(one.score > 0 and not one.HasField("score_before") for one in moved.items)
        blocks.close()
        particles.close()
    node.shared.release()


def test_an_answer_stays_live(both: Both, letters: Path) -> None:
    watched = both.grpc.WatchAnswer(context={"seeds": ["alpha"], "top": 3}, threshold=1e-3)
    first = next(watched)
    assert first.WhichOneof("answer") == "context"
    assert sorted(first.came) == sorted(item.particle for item in first.context.items)
    graph = focusmesh.Graph.open(letters).copy()
    graph.link("alpha", "omega", 9)
    graph.save(letters)
    second = next(watched)
    assert second.root != first.root
    assert "omega" in second.came
    watched.close()


def test_streams_end_with_the_server(letters: Path) -> None:
    with served(Service.open(letters)) as both:
        client = GrpcClient(both.target)
        watched = client.WatchParticles(particles=["alpha"])
        next(watched)
        begun = time.monotonic()
    assert failure(lambda: next(watched))[:2] == ("UNAVAILABLE", "unavailable")
    assert time.monotonic() - begun < SECONDS / 2
    client.close()


def test_who_reads_nothing_keeps_nobody_from_being_answered(
    ledger: Path, alice: SigningKey, bob: SigningKey
) -> None:
    node = Node(ledger, alice)
    node.spool.leave(node.signed(bob, 0))
    node.producer.step()
    with served(Service.open(ledger)) as both:
        stuck = [both.grpc.WatchAnswer(rank={"top": 2}) for _ in range(20)]
        reading = both.grpc.WatchBlocks(after=1)
        for nonce in range(1, 5):
            node.spool.leave(node.signed(bob, nonce, f"p{nonce}"))
            node.producer.step()
            assert next(reading).height == nonce + 1
        for watched in stuck:
            assert next(watched).height <= 5
            watched.close()
        reading.close()
    node.shared.release()


def test_as_many_exports_as_may_be(letters: Path) -> None:
    with served(Service.open(letters), limits__exports=1) as both:
        first = both.grpc.ExportLinks()
        assert len(next(first).items) == 5
        assert next(first, None) is None
        assert len(next(both.grpc.ExportLinks()).items) == 5
    with served(Service.open(letters), limits__exports=1) as both:
        both.http.get("/v1/rank")
        for _ in range(3):
            assert len(next(both.grpc.ExportParticles()).items) == 4
            until(lambda: next(both.grpc.ExportLinks(), None))


def test_workers_share_a_port_and_end_with_streams_open(letters: Path) -> None:
    port = free_port("127.0.0.1", 0)
    target = f"127.0.0.1:{port}"
    with serving(str(letters), "--workers", "2", "--grpc-port", str(port)) as (url, process):
        root = focusmesh.Graph.open(letters).root
        clients = [GrpcClient(target) for _ in range(8)]
        assert {client.Rank(top=1).root for client in clients} == {root}
        watched = [client.WatchParticles(particles=["alpha"]) for client in clients]
        assert {next(stream).root for stream in watched} == {root}
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=SECONDS)
        assert {failure(partial(next, stream))[0] for stream in watched} == {"UNAVAILABLE"}
        for client in clients:
            client.close()
    assert process.returncode == 0, told
    assert told.splitlines() == [
        f"serving {letters}, 4 particles, at {url}, gRPC at {target}",
        "ended",
    ]


def test_a_signal_goes_through_a_node_and_comes_back_placed(ledger: Path, bob: SigningKey) -> None:
    port = free_port("127.0.0.1", 0)
    with (
        serving(str(ledger), "--node", "--grpc-port", str(port)) as (_, process),
        GrpcClient(f"127.0.0.1:{port}") as client,
    ):
        blocks = client.WatchBlocks(after=0)
        sent = packet(ledger, bob, 0, "b")
        placed = client.PostSignal(packet=sent, wait_seconds=30.0).signal
        assert (placed.height, placed.code) == (1, "ok")
        assert next(blocks).height == 1
        assert client.PostSignal(packet=sent, wait_seconds=30.0).signal.height == 1
        assert client.GetSignal(id=placed.id).signal.height == 1
        used = packet(ledger, bob, 0, "c")
        found = failure(lambda: client.PostSignal(packet=used, wait_seconds=30.0))
        assert found[:2] == ("FAILED_PRECONDITION", "nonce")
        blocks.close()
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, told


def test_health_is_that_of_the_server(both: Both, letters: Path) -> None:
    with grpc.insecure_channel(both.target) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", "focusmesh.v1.GraphService"):
            asked = health_pb2.HealthCheckRequest(service=name)
            assert stub.Check(asked).status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as failed:
            stub.Check(health_pb2.HealthCheckRequest(service="another"))
        assert failed.value.code() == grpc.StatusCode.NOT_FOUND
        assert set(stub.List(health_pb2.HealthListRequest()).statuses) > {"", BACKGROUND[0]}
        watched = stub.Watch(health_pb2.HealthCheckRequest())
        assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
        letters.unlink()
        assert next(watched).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watched.cancel()
        unknown = stub.Watch(health_pb2.HealthCheckRequest(service="another"))
        assert next(unknown).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
        unknown.cancel()


def test_reflection_tells_what_there_is(both: Both) -> None:
    request = reflection_pb2.ServerReflectionRequest
    with grpc.insecure_channel(both.target) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = [
            request(list_services=""),
            request(file_containing_symbol="focusmesh.v1.RankRequest"),
            request(file_containing_symbol="grpc.health.v1.Health"),
        ]
        listed, *files = stub.ServerReflectionInfo(iter(asked))
    names = {service.name for service in listed.list_services_response.service}
    ours = {kind.path.split("/")[1] for kind in method_types().values()}
    assert names == ours | set(BACKGROUND)
    assert all(file.file_descriptor_response.file_descriptor_proto for file in files)
