"""What moves between keys: canonical bytes, identities, signed signals.

May import: focusmesh.errors, focusmesh.ids, and nothing else of the project.
Start reading at protocol/signal.py, then protocol/codec/canonical.py.
"""
