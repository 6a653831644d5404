"""Writes judged alerts' pictures as a training folder in YOLO's layout (导出训练标签)."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.evaluation.labels.verdict_labels import KINDS, JudgedPicture, Labelled, labelled
from config.camera import FIRST_PLACEMENT
from config.detector_classes import CLASS_NAMES
from detection.training.check import PROVENANCE, PROVENANCE_COLUMNS
from detection.training.split import SPLITS, split_of
from store.alert_reader import recent_alerts
from store.alert_row import StoredAlert
from store.database import Connection
from store.evidence_objects import EvidenceObjects
from store.evidence_reader import evidence_rows, read_content
from store.placements import placements

_PAGE = 200
_MORE_COLUMNS = (
    "alert_ids", "kind", "verdict", "by", "moment", "captured_at", "class_from", "boxes", "sha256",
)  # fmt: skip
_JPEG = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Exported:
    """`gone`: pictures whose content is no longer there; `splits`: pictures by split."""

    pictures: int
    boxes: int
    gone: int
    true_alerts: int
    false_alerts: int
    splits: dict[str, int]


def export_labels(
    conn: Connection,
    objects: EvidenceObjects,
    out: Path,
    *,
    since: datetime | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Exported:
    """Write `out`: `images/`, `labels/`, `data.yaml`, `provenance.csv`. Pictures stay as stored.

    A camera goes to one split with all its placements, by a hash of its id. `progress` is told how
    many pictures are written.

    Raises:
        StoreError: the database or the object store cannot be asked.
        OSError: the folder cannot be written.
    """
    by_scene: defaultdict[tuple[str, str], list[JudgedPicture]] = defaultdict(list)
    verdicts: Counter[bool] = Counter()
    for stored in _judged(conn, since):
        assert stored.verdict is not None  # noqa: S101  _judged
        pictures = _pictures(conn, stored)
        verdicts[stored.verdict.true] += bool(pictures)
        for picture in pictures:
            by_scene[picture.camera_id, picture.scene].append(picture)
    written: Counter[str] = Counter()
    boxes = gone = 0
    for split in SPLITS:
        (out / "images" / split).mkdir(parents=True, exist_ok=True)
        (out / "labels" / split).mkdir(parents=True, exist_ok=True)
    with (out / PROVENANCE).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow((*PROVENANCE_COLUMNS, *_MORE_COLUMNS))
        for (camera_id, _), own in sorted(by_scene.items()):
            split = split_of(camera_id)
            for one in labelled(own):
                content = read_content(conn, objects, one.first.evidence_id)
                if content is None:
                    gone += 1
                    continue
                stem = one.first.sha256.hex()[:24]
                name = f"images/{split}/{stem}.jpg"
                (out / name).write_bytes(content[1])
                (out / "labels" / split / f"{stem}.txt").write_text(one.lines(), encoding="ascii")
                table.writerow(_row(name, split, one))
                written[split] += 1
                boxes += len(one.boxes)
                progress(written.total())
    listed = "".join(f"  {number}: {name}\n" for number, name in enumerate(CLASS_NAMES))
    splits = "".join(f"{split}: images/{split}\n" for split in SPLITS)
    (out / "data.yaml").write_text(f"{splits}names:\n{listed}", encoding="utf-8")
    return Exported(
        written.total(), boxes, gone, verdicts[True], verdicts[False],
        {split: written[split] for split in SPLITS},
    )  # fmt: skip


def _judged(conn: Connection, since: datetime | None) -> Iterator[StoredAlert]:
    """Alerts with a verdict of the kinds that show a thing, newest first, a page at a time."""
    before = None
    while page := recent_alerts(conn, kinds=KINDS, since=since, before=before, limit=_PAGE):
        yield from (s for s in page if s.verdict is not None and s.alert.camera_id is not None)
        before = (page[-1].alert.started_at, page[-1].alert.alert_id)


def _pictures(conn: Connection, stored: StoredAlert) -> list[JudgedPicture]:
    alert, verdict = stored.alert, stored.verdict
    assert verdict is not None  # noqa: S101  as above
    assert alert.camera_id is not None  # noqa: S101
    placed = sorted(placements(conn, alert.camera_id), key=lambda p: p.placed_at)
    found = []
    for row in evidence_rows(conn, alert.alert_id):
        if row.media_type != _JPEG or row.missing or row.dropped_at or not row.width_px:
            continue
        there = [p.placement_id for p in placed if p.placed_at <= row.captured_at]
        scene = f"{alert.camera_id}/{there[-1] if there else FIRST_PLACEMENT}"
        found.append(
            JudgedPicture(
                evidence_id=row.evidence_id,
                alert_id=alert.alert_id,
                kind=alert.kind,
                true=verdict.true,
                by=verdict.by,
                camera_id=alert.camera_id,
                scene=scene,
                moment=row.moment,
                captured_at=row.captured_at,
                alert_ended_at=alert.ended_at,
                values=alert.values,
                width_px=row.width_px,
                height_px=row.height_px,
                sha256=row.sha256,
                box=row.box,
                seen=row.seen,
            )
        )
    return found


def _row(name: str, split: str, one: Labelled) -> list[str | int]:
    """`provenance.csv`: where a picture is from and who said what of it."""
    first = one.first
    return [
        name, split, first.scene, first.camera_id, "real",
        "|".join(map(str, one.alerts)), first.kind, "true" if first.true else "false", first.by,
        first.moment, first.captured_at.isoformat(), one.class_from, len(one.boxes),
        first.sha256.hex(),
    ]  # fmt: skip
