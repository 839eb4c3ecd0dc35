"""Trials: long-running reliability checks on real servers and databases.

They inject faults, crashes and hostile input. Each trial is a command, `python -m trials.NAME`, that prints its checks
and exits with 1 if one fails. The package is not part of the application.
"""
