"""Rename `saved_at` of bookmarks to `kept_at`, the name that the previous version used."""

from alembic import op

revision = "before"
down_revision = "20261129_accounts"


def upgrade() -> None:
    op.drop_index("ix_bookmarks_newest", "bookmarks")
    with op.batch_alter_table("bookmarks") as table:
        table.alter_column("saved_at", new_column_name="kept_at")
    op.create_index("ix_bookmarks_kept", "bookmarks", ["member_id", "kept_at", "article_id"])
