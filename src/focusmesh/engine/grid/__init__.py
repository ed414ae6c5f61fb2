"""The grid: blocks on a sparse lattice, cubes of eight tiny models that learn, and the arithmetic that they run on.

Its README says where to start reading, and what must hold.
"""
