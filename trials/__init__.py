"""Trials: what is promised about faults, hostile input and crashes, tried on real servers and real databases. Each is a
command, `python -m trials.NAME`, that prints a verdict and exits with 1 when something falls short. Not part of the
application.
"""
