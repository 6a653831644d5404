"""`python -m app` is `muckwatch`."""

from app.cli import main

main()
