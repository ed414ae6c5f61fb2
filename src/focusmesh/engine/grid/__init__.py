"""The grid: blocks on a sparse lattice, cubes of eight tiny models that learn, and the arithmetic that they run on.

May import: what each of its packages says; NumPy and the compiler do the arithmetic, no library of an accelerator.
Start reading at array/blocks.py, tensor/__init__.py, then model and cube.
"""
