from typing import Annotated

from app.privacy.services import PrivacyServices
from app.web.routes import PartOfState

Services = Annotated[PrivacyServices, PartOfState("privacy")]
