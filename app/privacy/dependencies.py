from typing import Annotated

from app.privacy.services import PrivacyServices
from app.web.routes import FromState

Services = Annotated[PrivacyServices, FromState("privacy")]
