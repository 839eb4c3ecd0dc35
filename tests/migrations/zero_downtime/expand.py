"""Add the column `saved_at`. A trigger copies timestamps between it and `kept_at`."""

import sqlalchemy as sa
from alembic import op

revision = "expand"
down_revision = "before"
contracts = False

BOTH_COLUMNS = "saved_at = coalesce(NEW.saved_at, NEW.kept_at), kept_at = coalesce(NEW.kept_at, NEW.saved_at)"
SQLITE = f"""
    CREATE TRIGGER bookmarks_copy_timestamp AFTER INSERT ON bookmarks BEGIN
        UPDATE bookmarks SET {BOTH_COLUMNS} WHERE member_id = NEW.member_id AND article_id = NEW.article_id;
    END
"""
POSTGRESQL = """
    CREATE FUNCTION bookmarks_copy_timestamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.saved_at := coalesce(NEW.saved_at, NEW.kept_at);
        NEW.kept_at := coalesce(NEW.kept_at, NEW.saved_at);
        RETURN NEW;
    END $$;
    CREATE TRIGGER bookmarks_copy_timestamp BEFORE INSERT OR UPDATE ON bookmarks
        FOR EACH ROW EXECUTE FUNCTION bookmarks_copy_timestamp()
"""


def upgrade() -> None:
    with op.batch_alter_table("bookmarks") as table:
        table.add_column(sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True))
        table.alter_column("kept_at", nullable=True)
    op.execute(SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL)
