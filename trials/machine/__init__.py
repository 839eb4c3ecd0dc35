"""Trial (long-running reliability check) that sends random requests of several users, and checks invariants.

`users.py` contains the ledger of acknowledged writes, `requests.py` the requests, and `invariants.py` the invariants.
"""
