"""Create the content tables: articles and their taxonomy, the site, help lines, consent texts, releases."""

import sqlalchemy as sa
from alembic import op


revision = "20261123_content"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "authors",
        sa.Column("slug", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("bio", sa.String(), nullable=False),
        sa.Column("initial", sa.String(), nullable=False),
        sa.Column("avatar_url", sa.String(), nullable=True),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_authors")),
    )
    op.create_table(
        "categories",
        sa.Column("slug", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_categories")),
    )
    op.create_table(
        "consent_texts",
        sa.Column("purpose", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "version", name=op.f("pk_consent_texts")),
    )
    op.create_table(
        "content_releases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("falls_due", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_releases")),
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tagline", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("navigation", sa.JSON(), nullable=False),
        sa.Column("footer", sa.JSON(), nullable=False),
        sa.Column("call_to_action", sa.JSON(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_sites_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
    )
    op.create_table(
        "support_lines",
        sa.Column("id", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("hours", sa.String(), nullable=True),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("source_url", sa.String(), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_lines")),
    )
    with op.batch_alter_table("support_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_support_lines_country"), ["country"], unique=False)
        batch_op.create_index(batch_op.f("ix_support_lines_position"), ["position"], unique=False)

    op.create_table(
        "topics",
        sa.Column("slug", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_topics")),
    )
    op.create_table(
        "articles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("sort_title", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("excerpt", sa.String(), nullable=False),
        sa.Column("category_slug", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("author_slug", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reading_minutes", sa.Integer(), nullable=False),
        sa.Column("word_count", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(status = 'published') = (public_from IS NOT NULL) AND (public_from IS NULL OR published_on IS NOT NULL)",
            name=op.f("ck_articles_public_once_published"),
        ),
        sa.CheckConstraint("status IN ('draft', 'published', 'unpublished')", name=op.f("ck_articles_known_status")),
        sa.ForeignKeyConstraint(["author_slug"], ["authors.slug"], name=op.f("fk_articles_author_slug_authors")),
        sa.ForeignKeyConstraint(
            ["category_slug"], ["categories.slug"], name=op.f("fk_articles_category_slug_categories")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("slug", name=op.f("uq_articles_slug")),
    )
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.create_index("ix_articles_newest", ["public_from", "id"], unique=False)
        batch_op.create_index("ix_articles_newest_of_author", ["author_slug", "public_from", "id"], unique=False)
        batch_op.create_index("ix_articles_newest_of_category", ["category_slug", "public_from", "id"], unique=False)
        batch_op.create_index("ix_articles_title", ["sort_title", "id", "public_from"], unique=False)
        batch_op.create_index(
            "ix_articles_title_of_author", ["author_slug", "sort_title", "id", "public_from"], unique=False
        )
        batch_op.create_index(
            "ix_articles_title_of_category", ["category_slug", "sort_title", "id", "public_from"], unique=False
        )

    op.create_table(
        "article_bodies",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("markdown", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("contents", sa.JSON(), nullable=False),
        sa.Column("references", sa.JSON(), nullable=False),
        sa.Column("call_to_action", sa.JSON(), nullable=False),
        sa.Column("seo_title", sa.String(), nullable=False),
        sa.Column("seo_description", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_bodies_article_id_articles"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_bodies")),
    )
    op.create_table(
        "article_topics",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("topic_slug", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("public_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_topics_article_id_articles"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["topic_slug"], ["topics.slug"], name=op.f("fk_article_topics_topic_slug_topics")),
        sa.PrimaryKeyConstraint("article_id", "topic_slug", name=op.f("pk_article_topics")),
    )
    with op.batch_alter_table("article_topics", schema=None) as batch_op:
        batch_op.create_index("ix_article_topics_newest", ["topic_slug", "public_from", "article_id"], unique=False)

    op.create_table(
        "former_slugs",
        sa.Column("slug", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_former_slugs_article_id_articles"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_former_slugs")),
    )
    with op.batch_alter_table("former_slugs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_former_slugs_article_id"), ["article_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("former_slugs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_former_slugs_article_id"))

    op.drop_table("former_slugs")
    with op.batch_alter_table("article_topics", schema=None) as batch_op:
        batch_op.drop_index("ix_article_topics_newest")

    op.drop_table("article_topics")
    op.drop_table("article_bodies")
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.drop_index("ix_articles_title_of_category")
        batch_op.drop_index("ix_articles_title_of_author")
        batch_op.drop_index("ix_articles_title")
        batch_op.drop_index("ix_articles_newest_of_category")
        batch_op.drop_index("ix_articles_newest_of_author")
        batch_op.drop_index("ix_articles_newest")

    op.drop_table("articles")
    op.drop_table("topics")
    with op.batch_alter_table("support_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_support_lines_position"))
        batch_op.drop_index(batch_op.f("ix_support_lines_country"))

    op.drop_table("support_lines")
    op.drop_table("sites")
    op.drop_table("content_releases")
    op.drop_table("consent_texts")
    op.drop_table("categories")
    op.drop_table("authors")
