# Production image: locked dependencies, code and content. Settings: docs/operations.md.

FROM python:3.11-slim AS dependencies
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv
COPY requirements/run.txt requirements/run.txt
RUN python -m venv venv \
    && venv/bin/pip install --require-hashes --only-binary :all: -r requirements/run.txt \
    && venv/bin/pip uninstall --yes pip

FROM python:3.11-slim
ENV PATH=/srv/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
ENV HOST=0.0.0.0 PORT=8000
WORKDIR /srv
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin twentyone \
    && install --directory --owner=twentyone var erasures
COPY --from=dependencies /srv/venv venv
COPY alembic.ini .
COPY migrations migrations
COPY app app
COPY seed_content seed_content
RUN python -m compileall -q app
USER twentyone
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health/ready', timeout=2)"]

# The entry point is the `twentyone` command, for example `docker run IMAGE content check`.
ENTRYPOINT ["python", "-m", "app.cli"]
CMD ["serve", "--seed", "seed_content"]
