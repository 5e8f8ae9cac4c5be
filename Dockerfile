# One image, three commands: `reclaim web`, `reclaim worker`, `reclaim migrate`.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.txt ./
RUN python -m venv /opt/reclaim \
    && /opt/reclaim/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.13-slim
ENV PATH=/opt/reclaim/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp
RUN groupadd --gid 10001 reclaim \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin reclaim
COPY --from=build /opt/reclaim /opt/reclaim
WORKDIR /srv/reclaim
COPY --chown=root:root alembic.ini ./
COPY --chown=root:root app ./app
COPY --chown=root:root migrations ./migrations
COPY --chown=root:root templates ./templates
COPY --chown=root:root locale ./locale
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["python", "-m", "app"]
CMD ["web", "--host", "0.0.0.0", "--port", "8000"]
