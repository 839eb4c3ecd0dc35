"""rows from before get their `saved_at`, a few at a time; interrupted, it goes on where it was"""

from contextlib import nullcontext

from alembic import op
from sqlalchemy import text

revision = "backfill"
down_revision = "index"
contracts = False

A_FEW = text("""
    UPDATE bookmarks SET saved_at = kept_at WHERE (member_id, article_id) IN
        (SELECT member_id, article_id FROM bookmarks WHERE saved_at IS NULL LIMIT 10)
""")
KNOWN = "ck_bookmarks_saved_at_known"


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    with nullcontext() if is_sqlite else op.get_context().autocommit_block():
        while op.get_bind().execute(A_FEW).rowcount:
            pass
        if not is_sqlite:
            op.execute(f"ALTER TABLE bookmarks DROP CONSTRAINT IF EXISTS {KNOWN}")
            op.execute(f"ALTER TABLE bookmarks ADD CONSTRAINT {KNOWN} CHECK (saved_at IS NOT NULL) NOT VALID")
            op.execute(f"ALTER TABLE bookmarks VALIDATE CONSTRAINT {KNOWN}")  # reads all rows, and holds up no writer
