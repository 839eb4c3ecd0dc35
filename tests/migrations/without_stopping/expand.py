"""bookmarks say `saved_at` too, whichever of the two is written"""

import sqlalchemy as sa
from alembic import op

revision = "expand"
down_revision = "before"
contracts = False

BOTH = "saved_at = coalesce(NEW.saved_at, NEW.kept_at), kept_at = coalesce(NEW.kept_at, NEW.saved_at)"
SQLITE = f"""
    CREATE TRIGGER bookmarks_say_both AFTER INSERT ON bookmarks BEGIN
        UPDATE bookmarks SET {BOTH} WHERE member_id = NEW.member_id AND article_id = NEW.article_id;
    END
"""
POSTGRESQL = """
    CREATE FUNCTION bookmarks_say_both() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.saved_at := coalesce(NEW.saved_at, NEW.kept_at);
        NEW.kept_at := coalesce(NEW.kept_at, NEW.saved_at);
        RETURN NEW;
    END $$;
    CREATE TRIGGER bookmarks_say_both BEFORE INSERT OR UPDATE ON bookmarks
        FOR EACH ROW EXECUTE FUNCTION bookmarks_say_both()
"""


def upgrade() -> None:
    with op.batch_alter_table("bookmarks") as table:
        table.add_column(sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True))
        table.alter_column("kept_at", nullable=True)
    op.execute(SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL)
