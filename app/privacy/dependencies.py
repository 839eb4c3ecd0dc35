from typing import Annotated

from fastapi import Depends

from app.privacy.services import PrivacyServices
from app.web.routes import part_of_state

Services = Annotated[PrivacyServices, Depends(part_of_state("privacy"))]
