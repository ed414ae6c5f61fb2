"""What moves between keys: canonical bytes, identities, signed signals.

Its README says where to start reading, and what must hold.
"""
