"""Who is shown a receipt needs nothing but the package itself: no extra, no compiler."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

from focusmesh.kernel.receipts import ReceiptMaker
from tests.kernel.receipts.world import ALICE, CITES, DIFFUSION, chain_of, particle

if TYPE_CHECKING:
    from pathlib import Path

VERIFYING = textwrap.dedent(
    """
    import sys

    absent = ["libipld", "lmdb", "nacl", "cryptography", "brotli", "argon2", "numba", "llvmlite"]
    sys.modules |= dict.fromkeys([*absent, "nacl.bindings", "nacl.exceptions"])
    from focusmesh.interface.cli import main

    codes = []
    for name in sys.argv[1:]:
        sys.argv = ["focusmesh", "verify", name, "--header", "header.json"]
        try:
            main()
        except SystemExit as end:
            codes.append(int(end.code or 0))
    print(codes)
    """
)


def test_receipts_are_verified_with_the_package_alone(tmp_path: Path) -> None:
    chain = chain_of(DIFFUSION)
    maker = ReceiptMaker(chain, ALICE)
    receipts = [
        maker.rank(None, 3),
        maker.link(None, particle(0), particle(1), relation=CITES),
        maker.context(None, {particle(5): 1.0}, k=3),
    ]
    assert [receipt.proof for receipt in receipts] == ["pages", "row", "rows"]
    (tmp_path / "header.json").write_text(json.dumps(chain.tip.as_json()))
    for number, receipt in enumerate(receipts):
        (tmp_path / f"{number}.json").write_text(receipt.to_json())
    (tmp_path / "tampered.json").write_text(with_another_signature(receipts[0].to_json()))
    done = subprocess.run(
        [sys.executable, "-c", VERIFYING, "0.json", "1.json", "2.json", "tampered.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "[0, 0, 0, 7]", done.stderr


def with_another_signature(receipt: str) -> str:
    fields = json.loads(receipt)
    changed = "1" if fields["signature"][0] == "0" else "0"
    return json.dumps(fields | {"signature": changed + fields["signature"][1:]})
