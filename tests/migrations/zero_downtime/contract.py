"""Drop the column `kept_at`, after all running versions have stopped using it."""

from alembic import op

revision = "contract"
down_revision = "backfill"
contracts = True


def upgrade() -> None:
    op.drop_index("ix_bookmarks_kept", "bookmarks")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER bookmarks_copy_timestamp")
    else:
        op.execute("DROP TRIGGER bookmarks_copy_timestamp ON bookmarks")
        op.execute("DROP FUNCTION bookmarks_copy_timestamp")
    with op.batch_alter_table("bookmarks") as table:
        table.alter_column("saved_at", nullable=False)  # fast on PostgreSQL, because of the validated CHECK constraint
        table.drop_column("kept_at")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE bookmarks DROP CONSTRAINT ck_bookmarks_saved_at_known")
