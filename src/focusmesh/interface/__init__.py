"""The faces of the library: the command line, the NetworkX backend.

May import: every layer below. Holds no logic of its own: it reads what people say and shows what they get.
Start reading at cli/application.py.
"""
