"""an index by `saved_at`, made while the table is written to; by itself, as it can't be undone with others"""

from contextlib import nullcontext

from alembic import op

revision = "index"
down_revision = "expand"
contracts = False


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    with nullcontext() if is_sqlite else op.get_context().autocommit_block():
        op.create_index(
            "ix_bookmarks_newest",
            "bookmarks",
            ["member_id", "saved_at", "article_id"],
            if_not_exists=True,
            postgresql_concurrently=True,
        )
