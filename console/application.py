"""The console's application: API, event stream, page, health."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import structlog
from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from psycopg_pool import ConnectionPool, PoolTimeout
from sse_starlette import EventSourceResponse, ServerSentEvent

from config.problem import SiteError
from config.settings import Settings
from console.access import Access
from console.api import router
from console.evidence_api import router as evidence_router
from console.feed import Feed
from console.hub import Hub
from console.placement_api import router as placement_router
from console.responses import Health
from console.sighting_api import router as sighting_router
from console.trip_api import router as trip_router
from store.database import Connection, pool
from store.errors import StoreError, StoreUnavailable
from store.evidence_objects import EvidenceObjects
from store.outbox_entry import DestinationsOf
from store.site import read_site

log = structlog.get_logger()

WEB = Path(__file__).with_name("web")
RETRY_MS = 2000
SEND_TIMEOUT_S = 20  # a reader that takes nothing for so long is gone


def create_app(settings: Settings, destinations_of: DestinationsOf) -> FastAPI:
    """The application; its database may come up later than it does.

    `destinations_of` says who is told of acknowledgements, as `store.writer.Writer` is told.

    Raises:
        UnsafeConsoleError: it would be open to the network without a password.
    """
    connections = pool(settings.database, "muckwatch-console")
    hub = Hub()
    feed = Feed(settings.database, hub)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        feed.start()
        try:
            yield
        finally:
            feed.close()
            connections.close()

    app = FastAPI(
        title="muckwatch",
        version="1",
        description="Monitoring of muck trucks, sanitation trucks and mobile cameras.",
        docs_url=None,  # they load scripts from elsewhere; /openapi.json stays
        redoc_url=None,
        lifespan=lifespan,
    )
    app.add_middleware(Access, settings=settings.console)
    app.state.connections = connections
    app.state.destinations_of = destinations_of
    app.state.objects = EvidenceObjects(settings.evidence)
    app.state.vision = settings.vision
    app.include_router(router)
    app.include_router(evidence_router)
    app.include_router(sighting_router)
    app.include_router(trip_router)
    app.include_router(placement_router)
    _add_events(app, hub)
    _add_health(app, connections, feed)
    _add_error_answers(app)
    # Values of alerts and what they may be are named where they are told, and once.
    app.mount("/i18n/alerts", Page(directory=str(files("alerts").joinpath("i18n"))))
    app.mount("/", Page(directory=WEB, html=True))
    return app


class Page(StaticFiles):
    """The page's files; a browser asks each time whether they changed."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed through
        response.headers["Cache-Control"] = "no-cache"
        return response


def _add_events(app: FastAPI, hub: Hub) -> None:
    @app.get("/api/v1/events", response_class=EventSourceResponse)
    async def events(last_event_id: str | None = Header(None)) -> EventSourceResponse:
        """Server-sent events: `snapshot` (read all again), `alert`, `vehicles`, `cameras`,
        `status`, `trips` (trips or rounds changed), `sightings` and `placements` (those of
        `cameras`, a list of ids, changed) and `site` (the district changed).

        `alert` events are numbered: with Last-Event-ID those missed are sent again.
        """

        async def stream() -> AsyncIterator[ServerSentEvent]:
            with hub.stream(last_event_id) as queue:
                while True:
                    event = await queue.get()
                    yield ServerSentEvent(
                        event.data, event=event.name, id=event.id, retry=RETRY_MS, sep="\n"
                    )

        return EventSourceResponse(stream(), ping=15, send_timeout=SEND_TIMEOUT_S, sep="\n")


def _add_health(app: FastAPI, connections: ConnectionPool[Connection], feed: Feed) -> None:
    @app.get("/healthz")
    def healthz() -> Health:
        """The process lives."""
        return Health(status="ok")

    @app.get("/readyz", responses={503: {"model": Health}})
    def readyz() -> Response:
        """The database answers and holds a site, and live events are told."""
        if not feed.alive:
            return JSONResponse(Health(status="unavailable", detail="no feed").model_dump(), 503)
        try:
            with connections.connection(timeout=3) as conn:
                read_site(conn)
        except (PoolTimeout, StoreError):
            return JSONResponse(
                Health(status="unavailable", detail="no database").model_dump(), 503
            )
        except SiteError:
            return JSONResponse(Health(status="unavailable", detail="no site").model_dump(), 503)
        return JSONResponse(Health(status="ok").model_dump())

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _add_error_answers(app: FastAPI) -> None:
    @app.exception_handler(StoreUnavailable)
    @app.exception_handler(PoolTimeout)
    async def no_database(_request: Request, error: Exception) -> JSONResponse:
        log.warning("console could not ask the database", error=str(error))
        return JSONResponse({"detail": "the database does not answer"}, 503)

    @app.exception_handler(SiteError)
    async def no_site(_request: Request, error: Exception) -> JSONResponse:
        log.warning("console has no site", error=str(error))
        return JSONResponse({"detail": "no sound site is stored"}, 503)
