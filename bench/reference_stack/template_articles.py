"""Articles of the reference stack, a comparison server in the style of FastAPI's template."""

from typing import Any

from fastapi import APIRouter, HTTPException
from sqlmodel import col, func, select

from app.articles.schemas import ArticlePage, ArticleRead, ArticleSummary
from bench.reference_stack.template_models import Post, PostTag
from bench.reference_stack.template_session import SessionDep

router = APIRouter(prefix="/v1/articles")


@router.get("", response_model=ArticlePage)
def read_articles(session: SessionDep, skip: int = 0, limit: int = 20) -> Any:
    total = session.exec(select(func.count()).select_from(Post)).one()
    newest = select(Post).order_by(col(Post.published_on).desc(), col(Post.id)).offset(skip).limit(limit)
    return {"items": session.exec(newest).all(), "total": total, "next": None}


@router.get("/{slug}", response_model=ArticleRead)
def read_article(session: SessionDep, slug: str) -> Any:
    post = session.exec(select(Post).where(Post.slug == slug)).first()
    if not post:
        raise HTTPException(404, "Article not found")
    tags = [tag.id for tag in post.topics]
    with_same_tags = select(PostTag.post_id).where(col(PostTag.tag_id).in_(tags))
    related = select(Post).where(col(Post.id).in_(with_same_tags), Post.id != post.id).limit(3)
    text = post.text
    return {
        **{name: getattr(post, name) for name in ArticleSummary.model_fields},
        "body": {"format": "blocks", "blocks": text.blocks},
        **{name: getattr(text, name) for name in ("contents", "call_to_action", "references", "seo")},
        "related": session.exec(related).all(),
    }
