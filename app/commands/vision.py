"""Commands about pictures: `detect`, `train`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from alerts.kind import ALERT_KINDS
from app.commands.terminal import out, progress_bar
from config.settings import Settings
from config.site_files import load_site, read_site_folder
from detection.clip import ClipResult, detect_clip


def detect(
    clip: Annotated[Path, typer.Argument(help="a video file", exists=True, dir_okay=False)],
    to: Annotated[Path, typer.Option("--out", help="events, one JSON object a line")],
    camera: Annotated[
        str, typer.Option(help="whose zones apply; without a site the whole picture is one")
    ] = "clip",
    site: Annotated[
        Path | None, typer.Option(help="site folder that knows the camera", file_okay=False)
    ] = None,
    annotated: Annotated[
        Path | None, typer.Option(help="write the clip with what was seen, MP4")
    ] = None,
) -> None:
    """Put a clip through the camera path."""
    known = load_site(read_site_folder(site)) if site else None
    if known is not None and camera not in known.cameras:
        raise typer.BadParameter(
            f"{site} has no camera {camera!r}; it has {', '.join(known.cameras) or 'none'}",
            param_hint="--camera",
        )
    with progress_bar("检测 detect") as progress:
        result = detect_clip(
            clip,
            camera,
            known,
            Settings().vision,
            out=to,
            annotated=annotated,
            progress=lambda share: progress(round(share * 100), 100),
        )
    out.print(_table(clip, result))


def _table(clip: Path, result: ClipResult) -> Table:
    table = Table(
        title=f"{clip.name}: {result.duration_s:.0f} s, {result.frames_analysed} frames analysed, "
        f"{result.frames_detected} put to the detector"
    )
    for heading in ("告警", "kind", "begins s", "told s", "ends s", "box px", "confidence"):
        table.add_column(heading)
    for found in result.events:
        table.add_row(
            ("疑似" if found.event.suspected else "") + ALERT_KINDS[found.event.kind].zh,
            found.event.kind,
            f"{found.started_s:.1f}",
            f"{found.raised_s:.1f}",
            f"{found.ended_s:.1f}",
            " ".join(f"{side:.0f}" for side in found.box),
            f"{found.event.confidence:.2f}",
        )
    return table


class ExportFormat(StrEnum):
    ONNX = "onnx"
    OPENVINO = "openvino"
    OPENVINO_INT8 = "openvino-int8"


def train(
    to: Annotated[Path, typer.Option("--out", help="the ONNX model to write")],
    data: Annotated[
        Path | None,
        typer.Argument(help="data.yaml of a labelled folder, or the folder; else scenes are drawn"),
    ] = None,
    base: Annotated[
        str, typer.Option(help=".yaml of ultralytics: from scratch; .pt or .onnx: go on from there")
    ] = "yolo11n.yaml",
    epochs: Annotated[int, typer.Option(min=1)] = 30,
    hours: Annotated[float | None, typer.Option(help="instead of epochs: so long")] = None,
    image_px: Annotated[int, typer.Option(help="side of the network's picture: 320 or 640")] = 320,
    export: Annotated[
        list[ExportFormat] | None, typer.Option(help="beside ONNX, which is always written")
    ] = None,
    regions: Annotated[
        bool, typer.Option(help="cut the pictures as the camera path does, at full resolution")
    ] = False,
    learning_rate: Annotated[float, typer.Option(help="smaller to go on from weights")] = 0.001,
    pictures: Annotated[
        int, typer.Option(help="drawn to train on, where no data is given", min=10)
    ] = 1200,
    device: Annotated[str, typer.Option(help="cpu, or a GPU's number")] = "cpu",
    seed: int = 1,
) -> None:
    """Train a detector, export it, and write its card (needs the extra `yolo`)."""
    from detection.training.job import TrainingJob

    if image_px % 32:
        raise typer.BadParameter("must be a multiple of 32", param_hint="--image-px")
    if data is None:
        # Scenes are cut while they are drawn.
        data = _render(to.parent / f"{to.stem}-data", pictures, seed, regions=regions)
        regions = False
    job = TrainingJob(
        data=data / "data.yaml" if data.is_dir() else data,
        out=to,
        base=base,
        epochs=epochs,
        hours=hours,
        image_px=image_px,
        learning_rate=learning_rate,
        device=device,
        seed=seed,
        formats=tuple(dict.fromkeys(export or ())),
        regions=regions,
    )
    with progress_bar("评测模型 score") as progress:
        card = job.run(lambda done: progress(done, 0))
    for one in card.files:
        for (split, source), result in one.scores.items():
            out.print(
                f"{one.file} ({one.file.stat().st_size / 1e6:.1f} MB), {split}, {source}: "
                f"mAP50 {result.map50:.3f}, mAP50-95 {result.map50_95:.3f} "
                f"({result.pictures} pictures)"
            )


def _render(folder: Path, pictures: int, seed: int, *, regions: bool) -> Path:
    from demo.scenes.dataset import write_dataset

    val = max(1, pictures // 6)
    with progress_bar("渲染 render") as progress:
        return write_dataset(
            folder,
            pictures,
            val,
            seed,
            sizes_px=(640, 960, 1280) if regions else (640,),
            crops=0.75 if regions else 0.0,
            progress=lambda done: progress(done, pictures + val),
        )
