"""A yardstick: the same work in the manner of the official full-stack template of FastAPI, on PostgreSQL.

A session for each request from a generator dependency, the member loaded by the token's subject, entities with
relationships that load when they are looked at, `session.add`, `commit`, `refresh`, and a response model. The rules and
the shapes of the replies are ours: it is the same work. What ours does beyond it, it is spared: no look at the session
behind a token, no counted guesses, no memory of merged changes, no sealed notes, no limits, no logs, no metrics.
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
