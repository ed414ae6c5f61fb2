"""The alert rules that ship: each metric in them exists, and each rule is one that Prometheus reads."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.interface.server.http import GAUGES
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from tests.conftest import Needs, NotRun

FILE = ROOT / "deploy" / "alerts.yaml"
METRIC = re.compile(r"\bfocusmesh_\w+")
ASKED_FOR = {"lag", "turns", "jail", "price", "operations", "clock"}
"""What operators asked for, by a word of the rule's name."""


@pytest.fixture
def rules(needs: Needs) -> list[dict[str, Any]]:
    (group,) = needs("yaml").safe_load(FILE.read_text(encoding="utf-8"))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def unknown_metrics(text: str) -> set[str]:
    """Names in an expression that no server tells."""
    return set(METRIC.findall(text)) - {f"focusmesh_{name}" for name in GAUGES}


def test_each_metric_exists(rules: list[dict[str, Any]]) -> None:
    for rule in rules:
        assert METRIC.search(rule["expr"]), rule
        assert unknown_metrics(rule["expr"]) == set(), rule["alert"]


def test_a_metric_that_is_not_there_is_found() -> None:
    """Must fail where names are not looked up: an alert on no metric is never raised."""
    assert unknown_metrics("focusmesh_network_lags > 2") == {"focusmesh_network_lags"}


def test_each_says_what_and_what_to_do(rules: list[dict[str, Any]]) -> None:
    names = [rule["alert"] for rule in rules]
    assert len(set(names)) == len(names)
    for word in ASKED_FOR:
        assert any(word in name.lower() for name in names), word
    for rule in rules:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "warn")
        assert rule["annotations"].keys() == {"summary", "description"}


def test_the_page_of_operators_names_each(rules: list[dict[str, Any]]) -> None:
    page = (ROOT / "docs" / "how-to" / "operate.md").read_text(encoding="utf-8")
    assert [rule["alert"] for rule in rules if f"`{rule['alert']}`" not in page] == []


def test_prometheus_takes_the_file(not_run: NotRun) -> None:
    from shutil import which

    promtool = which("promtool")
    if promtool is None:
        not_run("no promtool here")
    done = subprocess.run(
        [promtool, "check", "rules", str(FILE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
