"""no version that runs says `kept_at` any longer"""

from alembic import op

revision = "contract"
down_revision = "backfill"
contracts = True


def upgrade() -> None:
    op.drop_index("ix_bookmarks_kept", "bookmarks")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER bookmarks_say_both")
    else:
        op.execute("DROP TRIGGER bookmarks_say_both ON bookmarks")
        op.execute("DROP FUNCTION bookmarks_say_both")
    with op.batch_alter_table("bookmarks") as table:
        table.alter_column("saved_at", nullable=False)  # PostgreSQL knows from the constraint that none is missing
        table.drop_column("kept_at")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE bookmarks DROP CONSTRAINT ck_bookmarks_saved_at_known")
