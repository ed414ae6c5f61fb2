"""A cluster in containers and on Kubernetes: what the files ask for is little, their commands are there."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command

from focusmesh.interface.cli.application import application
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from tests.conftest import Needs

DEPLOY = ROOT / "deploy"
EXTRAS = "'/source[cluster,ml]' 'ray[default]'"


def read(needs: Needs, name: str) -> dict[str, Any]:
    found: dict[str, Any] = needs("yaml").safe_load((DEPLOY / name).read_text(encoding="utf-8"))
    return found


def parsed(words: list[str]) -> dict[str, Any]:
    """What the program understands of a command's words."""
    program, name, *rest = words
    assert program == "focusmesh"
    whole: Any = get_command(application)
    options: dict[str, Any] = whole.commands[name].make_context(name, rest).params
    return options


def test_three_workers_and_a_head_without_work(needs: Needs) -> None:
    services = read(needs, "compose-cluster.yaml")["services"]
    assert services["worker"]["deploy"]["replicas"] == 3
    assert services["head"]["ports"] == ["127.0.0.1:8265:8265"]
    assert "ports" not in services["worker"]
    for service in services.values():
        assert service["cap_drop"] == ["ALL"]
        assert service["volumes"] == ["graphs:/data"]
        assert service["command"][:2] == ["ray", "start"]
    assert "--num-cpus=0" in services["head"]["command"]


@pytest.mark.parametrize("name", ["compose-cluster.yaml", "kuberay.yaml"])
def test_the_command_is_one_that_there_is(needs: Needs, name: str) -> None:
    if name == "kuberay.yaml":
        words = shlex.split(read(needs, name)["spec"]["entrypoint"])
    else:
        lines = (DEPLOY / name).read_text(encoding="utf-8").splitlines()
        (line,) = [line for line in lines if "focusmesh rank" in line and "exec" not in line][1:]
        words = shlex.split(line.removeprefix("#"))
    told = parsed(words)
    assert (told["cluster"], told["workers"]) == ("auto", 3)
    for folder in ("parts", "keep", "scores"):
        assert told[folder].startswith("/data/")


def test_a_job_has_as_many_workers_as_it_asks_for(needs: Needs) -> None:
    job = read(needs, "kuberay.yaml")
    cluster = job["spec"]["rayClusterSpec"]
    (workers,) = cluster["workerGroupSpecs"]
    words = shlex.split(job["spec"]["entrypoint"])
    assert parsed(words)["workers"] == workers["replicas"] == workers["maxReplicas"]
    assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    for group in (cluster["headGroupSpec"], workers):
        (container,) = group["template"]["spec"]["containers"]
        assert container["resources"]["requests"] == container["resources"]["limits"]
        assert container["volumeMounts"] == [{"name": "graphs", "mountPath": "/data"}]


def test_the_image_has_the_extras() -> None:
    assert EXTRAS in (DEPLOY / "Containerfile-cluster").read_text(encoding="utf-8")
