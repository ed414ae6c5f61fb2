"""Questions, each written down once: the record from which every face derives its own way of asking.

May import: engine, what lies beside this folder but faces. Start reading at questions.py, then fields.py.
"""

from __future__ import annotations
