"""What a model was trained on and what it reached, beside its weights (模型卡)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from detection.training.check import Checked
from detection.training.evaluate import Evaluation

LICENCE = "AGPL-3.0-only"
"""Of ultralytics, hence of what it trains."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One exported file and its scores by split and source, such as `("val", "synthetic")`."""

    file: Path
    runtime: str
    scores: Mapping[tuple[str, str], Evaluation]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """`base` is what training started from; `settings` what it was told."""

    data: str
    base: str
    image_px: int
    settings: Mapping[str, str | int | float | bool | None]
    checked: Checked
    files: Sequence[Measured]

    def as_json(self) -> dict[str, Any]:
        return {
            "licence": LICENCE,
            "data": self.data,
            "base": self.base,
            "image_px": self.image_px,
            "settings": dict(self.settings),
            "split_by_scene_checked": self.checked.scenes_known,
            "splits": {name: asdict(count) for name, count in self.checked.splits.items()},
            "files": [
                {
                    "file": one.file.name,
                    "sha256": hashlib.sha256(one.file.read_bytes()).hexdigest(),
                    "runtime": one.runtime,
                    "bytes": one.file.stat().st_size,
                    "scores": [
                        {
                            "split": split,
                            "source": source,
                            "pictures": result.pictures,
                            "map50": round(result.map50, 4),
                            "map50_95": round(result.map50_95, 4),
                            "classes": [asdict(score) for score in result.classes],
                        }
                        for (split, source), result in one.scores.items()
                    ],
                }
                for one in self.files
            ],
        }

    def as_markdown(self) -> str:
        lines = [
            f"# Model card: {self.files[0].file.stem}",
            "",
            f"Licence: {LICENCE}. Input: {self.image_px} × {self.image_px} px. Base: {self.base}.",
            f"Data: {self.data}. " + ", ".join(f"{k} {v}" for k, v in self.settings.items()) + ".",
            "",
            "| split | pictures | without an object | boxes | pictures by source |",
            "|---|---|---|---|---|",
        ]
        for name, count in self.checked.splits.items():
            sources = ", ".join(f"{source} {n}" for source, n in sorted(count.sources.items()))
            total = sum(count.boxes.values())
            lines.append(f"| {name} | {count.pictures} | {count.empty} | {total} | {sources} |")
        if not self.checked.scenes_known:
            lines += ["", "No provenance file: whether scenes are divided was not checked."]
        for split, source in dict.fromkeys(key for one in self.files for key in one.scores):
            own = [one for one in self.files if (split, source) in one.scores]
            lines += ["", f"## {split}, {source}", ""]
            lines.append("| class | boxes |" + "".join(f" {one.file.name} |" for one in own))
            lines.append("|---|---|" + "---|" * len(own))
            results = [one.scores[split, source] for one in own]
            for rows in zip(*(result.classes for result in results), strict=True):
                cells = "".join(f" {row.ap50:.3f} / {row.ap50_95:.3f} |" for row in rows)
                lines.append(f"| {rows[0].class_name} | {rows[0].objects} |{cells}")
            cells = "".join(f" **{r.map50:.3f} / {r.map50_95:.3f}** |" for r in results)
            lines.append(f"| mean | {sum(c.objects for c in results[0].classes)} |{cells}")
        lines += ["", "Average precision at an overlap of 0.5 / mean over 0.5 to 0.95 (COCO)."]
        return "\n".join(lines) + "\n"

    def write(self, beside: Path) -> list[Path]:
        """`NAME.card.json` and `NAME.card.md` beside the model `beside`."""
        as_json, as_text = beside.with_suffix(".card.json"), beside.with_suffix(".card.md")
        text = json.dumps(self.as_json(), ensure_ascii=False, indent=1)
        as_json.write_text(text + "\n", encoding="utf-8")
        as_text.write_text(self.as_markdown(), encoding="utf-8")
        return [as_json, as_text]
