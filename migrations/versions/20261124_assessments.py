"""Create the assessment tables: definitions, drafts and results."""

import sqlalchemy as sa
from alembic import op


revision = "20261124_assessments"
down_revision = "20261124_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assessments",
        sa.Column("slug", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_assessments")),
    )
    op.create_table(
        "used_claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_used_claims")),
    )
    with op.batch_alter_table("used_claims", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_used_claims_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "assessment_versions",
        sa.Column("slug", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["slug"], ["assessments.slug"], name=op.f("fk_assessment_versions_slug_assessments")),
        sa.PrimaryKeyConstraint("slug", "version", name=op.f("pk_assessment_versions")),
    )
    op.create_table(
        "deleted_results",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_deleted_results_member_id_members"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "id", name=op.f("pk_deleted_results")),
    )
    op.create_table(
        "drafts",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("assessment", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment", "version"],
            ["assessment_versions.slug", "assessment_versions.version"],
            name=op.f("fk_drafts_assessment_version_assessment_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_drafts_member_id_members"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "assessment", name=op.f("pk_drafts")),
    )
    op.create_table(
        "results",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assessment", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("engine", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment", "version"],
            ["assessment_versions.slug", "assessment_versions.version"],
            name=op.f("fk_results_assessment_version_assessment_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_results_member_id_members"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "id", name=op.f("pk_results")),
    )
    with op.batch_alter_table("results", schema=None) as batch_op:
        batch_op.create_index("ix_results_newest", ["member_id", "taken_at", "id"], unique=False)
        batch_op.create_index(
            "ix_results_newest_of_assessment", ["member_id", "assessment", "taken_at", "id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("results", schema=None) as batch_op:
        batch_op.drop_index("ix_results_newest_of_assessment")
        batch_op.drop_index("ix_results_newest")

    op.drop_table("results")
    op.drop_table("drafts")
    op.drop_table("deleted_results")
    op.drop_table("assessment_versions")
    with op.batch_alter_table("used_claims", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_used_claims_expires_at"))

    op.drop_table("used_claims")
    op.drop_table("assessments")
