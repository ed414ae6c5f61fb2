"""Pure computation: links, focus, recall, compile, rewrite, grid, and the graph that answers with them.

Its README says where to start reading, and what must hold.
"""
