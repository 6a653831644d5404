"""What operators see and do: the HTTP API, live events and the page (console/web)."""
