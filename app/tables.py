"""The metadata of all database tables, for migrations and tests."""

from app.accounts import models as accounts
from app.articles import models as articles
from app.assessments import models as assessments
from app.bookmarks import models as bookmarks
from app.core.db.table import Table
from app.core.mail import outbox
from app.journey import models as journey
from app.pages import models as pages
from app.support import models as support
from app.web.cache import releases

metadata = Table.metadata

__all__ = [
    "accounts",
    "articles",
    "assessments",
    "bookmarks",
    "journey",
    "metadata",
    "outbox",
    "pages",
    "releases",
    "support",
]
