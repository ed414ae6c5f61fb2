"""The rules that a block's focus has to keep, each of which a fraud proof can show broken.

May import: what lies beside this folder.
Start reading at rules.py.
"""

from __future__ import annotations
