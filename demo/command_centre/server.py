"""The command centre's HTTP side: POST /, GET /, GET /summary."""

from __future__ import annotations

from random import Random

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from demo.command_centre.page import render
from demo.command_centre.received import Received

OUR_FAULT = 500
NOT_OURS = 401
BAD_BODY = 400
TAKEN = 204


def create_app(
    secret: str, received: Received, fail_rate: float = 0.0, rng: Random | None = None
) -> FastAPI:
    """`secret` is `whsec_…`; a share `fail_rate` of sound messages gets a 500 and is forgotten."""
    webhook = Webhook(secret)
    dice = rng or Random()
    app = FastAPI(title="command centre", openapi_url=None)

    @app.post("/")
    async def receive(request: Request) -> Response:
        try:
            body = webhook.verify(await request.body(), dict(request.headers))
        except (WebhookVerificationError, ValueError):
            received.invalid += 1
            return Response(status_code=NOT_OURS)
        if dice.random() < fail_rate:
            received.failed_on_demand += 1
            return Response(status_code=OUR_FAULT)
        try:
            received.take(request.headers["webhook-id"], body)
        except (KeyError, TypeError):
            received.invalid += 1
            return Response(status_code=BAD_BODY)
        return Response(status_code=TAKEN)

    @app.get("/")
    async def page() -> HTMLResponse:
        return HTMLResponse(render(received))

    @app.get("/summary")
    async def summary() -> dict[str, object]:
        return received.summary()

    return app
