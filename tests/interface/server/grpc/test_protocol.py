"""The published protocol is what the files say, stays what it was, and has what the records have."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pytest
from google.protobuf import descriptor_pb2

from focusmesh.host import service
from focusmesh.host.service import Problem
from focusmesh.interface.server.grpc import method_types
from focusmesh.interface.server.grpc.methods_applications import application_methods
from focusmesh.interface.server.grpc.methods_graph import GRAPH_METHODS
from focusmesh.interface.server.grpc.methods_ledger import LEDGER_METHODS, WRITING
from focusmesh.interface.server.grpc.methods_live import STREAMS
from focusmesh.interface.server.grpc.protocol import DESCRIPTORS, FILES, pool
from focusmesh.interface.server.grpc.question_messages import with_questions
from focusmesh.interface.server.grpc.statuses import status_of
from tests.host.nodes import SECONDS
from tests.interface.server.grpc.requests import published, with_requests
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Needs
    from tests.interface.server.grpc.conftest import Both

SOURCES = ROOT / "src/focusmesh/interface/server/grpc"
PUBLISHED = ROOT / "tests/interface/server/grpc/published.txt"
RECORDS: dict[str, type[msgspec.Struct]] = {
    "GetStatusResponse": service.Status,
    "RankResponse": service.Ranking,
    "ContextResponse": service.ContextAnswer,
    "RecallResponse": service.RecallAnswer,
    "AskResponse": service.AskedAnswer,
    "ExplainResponse": service.ExplanationAnswer,
    "WalkResponse": service.WalkAnswer,
    "GetParticleResponse": service.ParticleAnswer,
    "ListParticlesResponse": service.ParticlePage,
    "ListLinksResponse": service.LinkPage,
    "ListBlocksResponse": service.BlockPage,
    "GetBlockResponse": service.Block,
    "GetAccountResponse": service.Account,
    "GetWeightResponse": service.Weight,
    "GetProofResponse": service.ProofAnswer,
    "WatchBlocksResponse": service.BlockEvent,
    "WatchParticlesResponse": service.ParticlesEvent,
    "WatchAnswerResponse": service.AnswerEvent,
    "Item": service.Item,
    "Link": service.LinkRow,
    "ParticleRow": service.ParticleRow,
    "RecalledRow": service.RecalledRow,
    "Path": service.PathRecord,
    "PlacedSignal": service.PlacedSignal,
    "BlockSummary": service.BlockSummary,
    "Moved": service.Moved,
    "Trouble": service.Trouble,
    "RankQuery": service.RankQuestion,
    "ParticleQuery": service.ParticleQuestion,
    "ContextQuery": service.ContextQuestion,
    "RecallQuery": service.RecallQuestion,
}
ELSEWHERE = {
    # The bytes of the header have it all, and exactly.
    "GetBlockResponse": {"header"},
    # In the field that is called as the question.
    "WatchAnswerResponse": {"answer", "rank", "particle", "context", "recall"},
}


def descriptors() -> list[Any]:
    """Our files, without those that they import."""
    packed = (SOURCES / DESCRIPTORS).read_bytes()
    return list(descriptor_pb2.FileDescriptorSet.FromString(packed).file)


def listed(files: list[Any]) -> Iterator[str]:
    """What others depend on, a line each: fields with number and type, values, methods."""
    for file in files:
        yield from (f"enum {e.name}.{v.name} = {v.number}" for e in file.enum_type for v in e.value)
        for message in file.message_type:
            assert not message.nested_type
            for field in message.field:
                kind = field.type_name or descriptor_pb2.FieldDescriptorProto.Type.Name(field.type)
                many = " repeated" if field.label == field.LABEL_REPEATED else ""
                maybe = " optional" if field.proto3_optional else ""
                yield f"{message.name}.{field.name} = {field.number}{many}{maybe} {kind}"
        for called in file.service:
            for method in called.method:
                stream = " stream" if method.server_streaming else ""
                yield f"{called.name}/{method.name}: {method.input_type} →{stream} {method.output_type}"


def broken(before: list[str], now: list[str]) -> list[str]:
    """What was published and is not so any more."""
    return sorted(set(before) - set(now))


def test_the_descriptors_are_what_protoc_makes_of_the_files(needs: Needs, tmp_path: Path) -> None:
    protoc = needs("grpc_tools.protoc")
    made = tmp_path / "made.binpb"
    files = [f"focusmesh/v1/{name}.proto" for name in FILES]
    arguments = [f"-I{SOURCES}", f"--descriptor_set_out={made}", *files]
    assert protoc.main(["protoc", *arguments]) == 0
    again = descriptor_pb2.FileDescriptorSet.FromString(made.read_bytes())
    command = " ".join(arguments).replace(str(made), str(SOURCES / DESCRIPTORS))
    assert list(again.file) == descriptors(), f"python -m grpc_tools.protoc {command}"


def test_requests_of_questions_are_what_their_records_have() -> None:
    again = "write them anew: python -m tests.interface.server.grpc.requests"
    files = published()
    assert with_questions(files) == files, again
    for name in FILES:
        text = (SOURCES / f"focusmesh/v1/{name}.proto").read_text(encoding="utf-8")
        assert with_requests(text, files) == text, again


def test_a_request_keeps_its_numbers_and_goes_on_from_them(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = [("colour", Literal["blue", "red"], "red"), ("seconds_spent", float | None, None)]
    wider = msgspec.defstruct("Walk", fields, bases=(service.Walk,), frozen=True, kw_only=True)
    monkeypatch.setitem(service.QUESTIONS, "walk", wider)
    made = with_questions(published())
    (request,) = (
        each for file in made.file for each in file.message_type if each.name == "WalkRequest"
    )
    numbers = [(field.name, field.number) for field in request.field]
    assert numbers[-3:] == [("at", 8), ("colour", 9), ("seconds_spent", 10)]
    before, now = list(listed(descriptors())), list(listed(list(made.file)))
    assert broken(before, now) == []
    assert len(now) == len(before) + 2
    text = (SOURCES / "focusmesh/v1/graph.proto").read_text(encoding="utf-8")
    assert "  optional string colour = 9;\n" in with_requests(text, made)


GENERATED = """
import sys
sys.path = [sys.argv[1], *(path for path in sys.path if not path.endswith("src"))]
import grpc
from focusmesh.v1 import graph_pb2, graph_pb2_grpc
with grpc.insecure_channel(sys.argv[2]) as channel:
    stub = graph_pb2_grpc.GraphServiceStub(channel)
    ranking = stub.Rank(graph_pb2.RankRequest(top=2))
    links = [link for part in stub.ExportLinks(graph_pb2.ExportLinksRequest()) for link in part.items]
    print(ranking.root, ranking.items[0].particle, len(links))
"""


def test_generated_code_asks_the_same(needs: Needs, both: Both, tmp_path: Path) -> None:
    protoc = needs("grpc_tools.protoc")
    files = [f"focusmesh/v1/{name}.proto" for name in FILES]
    made = [f"--python_out={tmp_path}", f"--grpc_python_out={tmp_path}"]
    assert protoc.main(["protoc", f"-I{SOURCES}", *made, *files]) == 0
    done = subprocess.run(
        [sys.executable, "-c", GENERATED, str(tmp_path), both.target],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.stdout.split() == [both.grpc.GetStatus().root, "alpha", "5"], done.stderr


def test_what_is_published_stays() -> None:
    now = list(listed(descriptors()))
    before = PUBLISHED.read_text(encoding="utf-8").splitlines()
    assert broken(before, now) == []
    assert sorted(before) == sorted(now), "what is new belongs into published.txt"


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("Item.rank = 1 ", "Item.rank = 9 "),
        ("Item.score = 3 ", "Item.points = 3 "),
        ("Item.particle = 2 TYPE_STRING", "Item.particle = 2 TYPE_BYTES"),
        ("enum Effort.EFFORT_FAST = 1", "enum Effort.EFFORT_FAST = 4"),
        ("GraphService/Rank: ", "GraphService/Ranks: "),
    ],
)
def test_a_change_that_breaks_clients_is_caught(was: str, becomes: str) -> None:
    now = list(listed(descriptors()))
    changed = [line.replace(was, becomes) for line in now]
    (lost,) = broken(now, changed)
    assert lost.startswith(was.strip())


@pytest.mark.parametrize("name", RECORDS)
def test_messages_have_the_fields_of_the_records(name: str) -> None:
    fields = set(pool().FindMessageTypeByName(f"focusmesh.v1.{name}").fields_by_name)
    record = {field.name for field in msgspec.structs.fields(RECORDS[name])}
    assert fields ^ record == ELSEWHERE.get(name, set())


def test_every_method_is_answered_and_named_by_the_rules() -> None:
    known = {*GRAPH_METHODS, *LEDGER_METHODS, *STREAMS, *application_methods()}
    assert method_types().keys() == known
    assert method_types().keys() >= set(WRITING)
    names = [name.partition("/")[2] for name in method_types()]
    assert len(set(names)) == len(names)
    for name, kind in method_types().items():
        method = name.partition("/")[2]
        messages = kind.request.DESCRIPTOR.name, kind.response.DESCRIPTOR.name
        assert messages == (f"{method}Request", f"{method}Response")
        assert kind.is_stream == (name in STREAMS)


def test_everything_in_the_files_is_described() -> None:
    for name in FILES:
        lines = (SOURCES / f"focusmesh/v1/{name}.proto").read_text(encoding="utf-8").splitlines()
        for before, line in pairwise(lines):
            if re.match(r"(service|enum|  rpc)\b", line):
                assert before.strip().startswith("//"), line


def test_the_files_are_in_the_package() -> None:
    package = resources.files("focusmesh.interface.server.grpc")
    assert (package / "focusmesh/v1/graph.proto").is_file()
    page = (ROOT / "docs/reference/grpc.md").read_text(encoding="utf-8")
    for name in FILES:
        assert f"focusmesh/v1/{name}.proto" in page


def test_every_refusal_has_a_status_of_its_own() -> None:
    """Only what is nobody's fault but the server's is INTERNAL."""
    source = (ROOT / "src/focusmesh/host/service/problems.py").read_text(encoding="utf-8")
    refusals = {int(status) for status in re.findall(r"\b4\d\d\b", source)}
    assert refusals >= {400, 404, 409, 422, 429}
    found = {status: status_of(Problem(status, "some", "words")) for status in refusals}
    assert [status for status, name in found.items() if name.name == "INTERNAL"] == []
