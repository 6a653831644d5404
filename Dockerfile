# One image for all roles; the role is the command: `muckwatch serve pipeline|vision|delivery|console`.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/muckwatch
WORKDIR /src
# The lock is complete, hence --no-deps (docs/decisions/0002). Before the source: it changes less often.
COPY requirements.txt ./
RUN /opt/muckwatch/bin/pip install --no-deps -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY ingest ingest
COPY geofence geofence
COPY detection detection
COPY alerts alerts
COPY store store
COPY exchange exchange
COPY console console
COPY app app
COPY demo demo
RUN /opt/muckwatch/bin/pip install --no-deps .

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="muckwatch" org.opencontainers.image.licenses="AGPL-3.0-only"
# The same number on every host, so that files can be given to it.
RUN groupadd --gid 10001 muckwatch \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin muckwatch
# A volume that is mounted here for the first time becomes that user's.
RUN install -d -o 10001 -g 10001 /var/lib/muckwatch
COPY --from=build /opt/muckwatch /opt/muckwatch
# Nothing is written but to /tmp and the volume; matplotlib comes with a tracking library and wants a folder.
ENV PATH=/opt/muckwatch/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 MPLCONFIGDIR=/tmp/matplotlib
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["muckwatch"]
CMD ["--help"]
