"""The reference stack: the API's operations in the style of FastAPI's official template, on PostgreSQL.

Each request has a database session from a generator dependency, a member loaded by the id in the token, entities with
lazily loaded relationships, `session.add`, `commit`, `refresh`, and a response model. The rules and response bodies are
the same as the API's. The stack has no session lookup, no count of failed sign-ins, no record of applied changes, no
encryption, no limits, no logs and no metrics.
"""

from fastapi import FastAPI

from bench.reference_stack import template_accounts, template_articles, template_journey, template_results
from bench.reference_stack.template_session import connect


def create_reference() -> FastAPI:
    app = FastAPI()
    app.state.engine = connect()
    for module in (template_journey, template_results, template_accounts, template_articles):
        app.include_router(module.router)
    return app
