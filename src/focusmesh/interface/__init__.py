"""The faces of the library: the command line, the NetworkX backend.

Its README says where to start reading, and what must hold.
"""
