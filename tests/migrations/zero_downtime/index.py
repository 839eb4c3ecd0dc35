"""Create an index on `saved_at` without blocking writes.

It needs a separate revision, because PostgreSQL creates it outside a transaction.
"""

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
