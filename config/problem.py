"""What is wrong with the files of a site, said so that a person finds the place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class SiteProblem:
    """One problem. `line` counts from 1, None for the whole file; `field` may be empty."""

    file: str
    line: int | None
    field: str
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        field = f" {self.field}:" if self.field else ""
        return f"{place}: {self.severity}:{field} {self.message}"


class SiteError(ValueError):
    """A site that cannot be used. `problems` holds all that was found, warnings too."""

    def __init__(self, problems: Iterable[SiteProblem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))


class ProblemList:
    """Gathers problems while the files are read, so that one run shows all of them."""

    def __init__(self) -> None:
        self.found: list[SiteProblem] = []

    def error(self, file: str, line: int | None, field: str, message: str) -> None:
        self.found.append(SiteProblem(file, line, field, message))

    def warning(self, file: str, line: int | None, field: str, message: str) -> None:
        self.found.append(SiteProblem(file, line, field, message, Severity.WARNING))

    def has_errors(self) -> bool:
        return any(p.severity is Severity.ERROR for p in self.found)
