"""Trial (long-running reliability check) that compares the whole API with a model.

`python -m trials.machine [EXAMPLES [SEED [DATABASE ...]]]` lets users with several devices send random requests, one
after another and concurrently, to two servers that share a database. An in-memory model of the expected state
(`model.py`, `runs.py`) predicts each response. The responses to concurrent requests must match the model for at least
one order of these requests (`possible_states.py`).
"""
