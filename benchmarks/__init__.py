"""Benchmarks: every speed claim of focusmesh beside its peers, in one run, as a ratio.

``python -m benchmarks [name]...`` runs them all or the named ones. claims/ has one file a claim, peers/ what they are
beside, data/ what they are measured on, cards/ what an NVIDIA card is needed for, results/ what was measured. Start
reading at __main__.py, then worker.py: every engine works in a process of its own, which is timed and weighed there.
"""
