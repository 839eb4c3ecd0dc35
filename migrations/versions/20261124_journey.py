"""Create the tables of journeys, runs and bookmarks."""

import sqlalchemy as sa
from alembic import op


revision = "20261124_journey"
down_revision = "20261124_assessments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journeys",
        sa.Column("slug", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_journeys")),
    )
    op.create_table(
        "runs",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("journey", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("pace", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("timetable", sa.String(), nullable=False),
        sa.Column("reminder_time", sa.Time(), nullable=True),
        sa.Column("is_underway", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("abandoned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("pace IN ('daily', 'gentle')", name=op.f("ck_runs_known_pace")),
        sa.CheckConstraint("NOT is_underway OR abandoned_at IS NULL", name=op.f("ck_runs_over_once_abandoned")),
        sa.ForeignKeyConstraint(["journey"], ["journeys.slug"], name=op.f("fk_runs_journey_journeys")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_runs_member_id_members"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "id", name=op.f("pk_runs")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index("uq_runs_number", ["member_id", "number"], unique=True)
        batch_op.create_index(
            "uq_runs_underway",
            ["member_id"],
            unique=True,
            postgresql_where=sa.text("is_underway"),
            sqlite_where=sa.text("is_underway"),
        )

    op.create_table(
        "applied_changes",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "run_id"],
            ["runs.member_id", "runs.id"],
            name=op.f("fk_applied_changes_member_id_run_id_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", "run_id", "id", name=op.f("pk_applied_changes")),
    )
    op.create_table(
        "bookmarks",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_bookmarks_article_id_articles"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_bookmarks_member_id_members"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "article_id", name=op.f("pk_bookmarks")),
    )
    with op.batch_alter_table("bookmarks", schema=None) as batch_op:
        batch_op.create_index("ix_bookmarks_newest", ["member_id", "saved_at", "article_id"], unique=False)

    op.create_table(
        "calendars",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "run_id"],
            ["runs.member_id", "runs.id"],
            name=op.f("fk_calendars_member_id_run_id_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", "run_id", name=op.f("pk_calendars")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_calendars_secret_hash")),
    )
    op.create_table(
        "day_notes",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("day BETWEEN 1 AND 21", name=op.f("ck_day_notes_day_of_journey")),
        sa.ForeignKeyConstraint(
            ["member_id", "run_id"],
            ["runs.member_id", "runs.id"],
            name=op.f("fk_day_notes_member_id_run_id_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", "run_id", "day", name=op.f("pk_day_notes")),
    )
    op.create_table(
        "run_days",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(completed_at IS NULL) = (completed_on IS NULL) AND (completed_at IS NULL) = (time_zone IS NULL)",
            name=op.f("ck_run_days_completed_when_and_where"),
        ),
        sa.CheckConstraint("day BETWEEN 1 AND 21", name=op.f("ck_run_days_day_of_journey")),
        sa.ForeignKeyConstraint(
            ["member_id", "run_id"],
            ["runs.member_id", "runs.id"],
            name=op.f("fk_run_days_member_id_run_id_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", "run_id", "day", name=op.f("pk_run_days")),
    )


def downgrade() -> None:
    op.drop_table("run_days")
    op.drop_table("day_notes")
    op.drop_table("calendars")
    with op.batch_alter_table("bookmarks", schema=None) as batch_op:
        batch_op.drop_index("ix_bookmarks_newest")

    op.drop_table("bookmarks")
    op.drop_table("applied_changes")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_runs_underway", postgresql_where=sa.text("is_underway"), sqlite_where=sa.text("is_underway")
        )
        batch_op.drop_index("uq_runs_number")

    op.drop_table("runs")
    op.drop_table("journeys")
