"""Objects shared by the code for data export and erasure."""

from dataclasses import dataclass

from app.privacy.erasure_log import ErasureLog


@dataclass(frozen=True, slots=True)
class PrivacyServices:
    erasure_log: ErasureLog
