"""The page as it ships: what is in it, and that it is what its source gives."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from focusmesh.interface.web import CONTENT_SECURITY_POLICY, files
from tests.conftest import ROOT
from tests.interface.web.verifiers.verifier import PAGE

SOURCE = ROOT / "web"
LICENSED = (
    *("@noble/ed25519", "@noble/hashes", "graphology-layout-forceatlas2"),
    *("preact", "sigma"),
)


def test_the_page_names_its_parts() -> None:
    found = files()
    page = found[""].content.decode()
    parts = re.findall(r'(?:src|href)="\./([^"]+)"', page)
    assert len(parts) == 3
    for part in parts:
        assert found[part].is_immutable
    assert not found[""].is_immutable
    assert found["index.html"] == found[""]
    assert found["licenses.md"].media_type.startswith("text/markdown")


def test_nothing_comes_from_elsewhere() -> None:
    """No part names a host that a browser would ask; the policy would not let it."""
    assert "http" not in CONTENT_SECURITY_POLICY
    for name, file in files().items():
        if not name.endswith(".md"):
            named = set(re.findall(rb"https?://([\w.-]+)", file.content))
            assert named <= {b"www.w3.org", b"github.com"}, name  # a namespace, and messages


def test_licences_come_along() -> None:
    text = files()["licenses.md"].content.decode()
    for package in LICENSED:
        assert re.search(rf"^## {package} - [\d.]+ \(MIT\)$", text, re.MULTILINE), package


def test_it_is_small() -> None:
    assert sum(len(file.content) for name, file in files().items() if name) < 400_000


def _npm(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["npm", *words],
        cwd=ROOT / ".cache" / "explorer",
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_bundle_is_what_the_source_gives() -> None:
    """Installed from the lock, type-checked and built again, byte for byte."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("programs missing: node, npm")
    project = ROOT / ".cache" / "explorer"
    lock = SOURCE / "package-lock.json"
    kept = project / lock.name
    if not (kept.exists() and kept.read_bytes() == lock.read_bytes()):
        shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(
        SOURCE, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "src")
    )
    shutil.rmtree(project / "src", ignore_errors=True)
    shutil.copytree(SOURCE / "src", project / "src")
    if not (project / "node_modules").exists() and _npm("ci").returncode:
        shutil.rmtree(project)
        pytest.skip("packages missing: vite, sigma … of npm")
    built = project / "built"
    done = _npm("run", "build", "--", "--outDir", str(built))
    assert done.returncode == 0, done.stdout + done.stderr
    parts = {
        path.relative_to(built): path.read_bytes() for path in built.rglob("*") if path.is_file()
    }
    shipped = {
        path.relative_to(PAGE): path.read_bytes() for path in PAGE.rglob("*") if path.is_file()
    }
    assert sorted(parts) == sorted(shipped), "run `npm run build` in web/ and commit what it writes"
    assert parts == shipped
