"""Copy `kept_at` to `saved_at` in existing rows, in batches. After an interruption, run it again."""

from contextlib import nullcontext

from alembic import op
from sqlalchemy import text

revision = "backfill"
down_revision = "index"
contracts = False

NEXT_BATCH = text("""
    UPDATE bookmarks SET saved_at = kept_at WHERE (member_id, article_id) IN
        (SELECT member_id, article_id FROM bookmarks WHERE saved_at IS NULL LIMIT 10)
""")
CHECK = "ck_bookmarks_saved_at_known"


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    with nullcontext() if is_sqlite else op.get_context().autocommit_block():
        while op.get_bind().execute(NEXT_BATCH).rowcount:
            pass
        if not is_sqlite:
            op.execute(f"ALTER TABLE bookmarks DROP CONSTRAINT IF EXISTS {CHECK}")
            op.execute(f"ALTER TABLE bookmarks ADD CONSTRAINT {CHECK} CHECK (saved_at IS NOT NULL) NOT VALID")
            op.execute(f"ALTER TABLE bookmarks VALIDATE CONSTRAINT {CHECK}")  # reads all rows without blocking writes
