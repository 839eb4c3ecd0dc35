"""Members with several devices each, led at random through the whole API, alone and at once, on two servers that share
a database: `python -m trials.machine [EXAMPLES [SEED [DATABASE ...]]]`. A model says what each may be answered
(`model.py`, `runs.py`); of those who asked at once, the answers must be those of some order in which they might have
taken turns (`worlds.py`).
"""
