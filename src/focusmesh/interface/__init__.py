"""The faces of the library: the command line.

May import: every layer below. Holds no logic of its own: it reads what people say and shows what they get.
Start reading at cli/application.py.
"""
