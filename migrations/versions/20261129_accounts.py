"""Add codes, mail budgets, successors of refresh tokens, detached and disabled accounts, and countries."""

import sqlalchemy as sa
from alembic import op


revision = "20261129_accounts"
down_revision = "20261124_journey"
branch_labels = None
depends_on = None
contracts = False

MEMBER_COLUMNS = (
    sa.Column("country", sa.String(), nullable=True),
    sa.Column("detached_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("reminders", sa.Integer(), server_default="0", nullable=False),
    sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
)
TOKEN_COLUMNS = (
    sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("code_digest", sa.String(), nullable=True),
    sa.Column("code_tries", sa.Integer(), server_default="0", nullable=False),
    sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("request_id", sa.Uuid(), nullable=True),
)
SESSION_COLUMNS = (
    sa.Column("successors", sa.Integer(), server_default="1", nullable=False),
    sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True),
)


def upgrade() -> None:
    op.create_table(
        "mail_budgets",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("hour_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hour_count", sa.Integer(), nullable=False),
        sa.Column("day_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "kind", name=op.f("pk_mail_budgets")),
    )
    op.create_index(op.f("ix_mail_budgets_day_since"), "mail_budgets", ["day_since"], unique=False)
    op.create_table(
        "sign_in_codes",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", "id", name=op.f("pk_sign_in_codes")),
    )
    op.create_index(op.f("ix_sign_in_codes_expires_at"), "sign_in_codes", ["expires_at"], unique=False)
    with op.batch_alter_table("members") as table:
        table.alter_column("address_hash", existing_type=sa.String(), nullable=True)
        table.alter_column("password_hash", existing_type=sa.String(), nullable=True)
        for column in MEMBER_COLUMNS:
            table.add_column(column._copy())
    with op.batch_alter_table("mailed_tokens") as table:
        for column in TOKEN_COLUMNS:
            table.add_column(column._copy())
    with op.batch_alter_table("sessions") as table:
        for column in SESSION_COLUMNS:
            table.add_column(column._copy())
        table.create_check_constraint(op.f("ck_sessions_has_successor"), "successors >= 1", postgresql_not_valid=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE sessions VALIDATE CONSTRAINT ck_sessions_has_successor")


def downgrade() -> None:
    """Remove the columns and tables. Detached accounts and accounts without a password make this fail."""
    with op.batch_alter_table("sessions") as table:
        table.drop_constraint(op.f("ck_sessions_has_successor"), type_="check")
        for column in SESSION_COLUMNS:
            table.drop_column(column.name)
    with op.batch_alter_table("mailed_tokens") as table:
        for column in TOKEN_COLUMNS:
            table.drop_column(column.name)
    with op.batch_alter_table("members") as table:
        for column in MEMBER_COLUMNS:
            table.drop_column(column.name)
        table.alter_column("password_hash", existing_type=sa.String(), nullable=False)
        table.alter_column("address_hash", existing_type=sa.String(), nullable=False)
    op.drop_table("sign_in_codes")
    op.drop_table("mail_budgets")
