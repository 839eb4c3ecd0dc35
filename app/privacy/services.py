"""What this folder keeps for a running application."""

from dataclasses import dataclass

from app.privacy.erasure_log import Erasures


@dataclass(frozen=True, slots=True)
class PrivacyServices:
    erasures: Erasures
