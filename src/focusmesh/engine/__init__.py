"""Pure computation: graph, focus.

May import: focusmesh.errors, focusmesh.ids, and nothing else of the project.
Start reading at engine/graph/graph.py, then engine/focus/solve.py.
"""
