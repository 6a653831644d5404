"""Trains a detector on a folder of labelled pictures (训练)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from detection.training.base import weights_from_onnx
from detection.training.check import check_dataset
from detection.training.export import export_onnx
from detection.training.ultralytics_import import import_ultralytics

FROM_SCRATCH = "yolo11n.yaml"


def train(
    data_yaml: Path,
    out: Path,
    *,
    base: str = FROM_SCRATCH,
    epochs: int = 30,
    hours: float | None = None,
    image_size: int = 320,
    batch: int = 8,
    learning_rate: float = 0.001,
    seed: int = 0,
    threads: int = 1,
    device: str = "cpu",
    work: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Path:
    """Train and write the ONNX model `out`; returns it.

    `base` is a `.yaml` of ultralytics (from scratch), or weights to start from: `.pt`, or `.onnx`
    as this function writes it. `hours` overrides `epochs`: the learning rate then falls so as to
    end in that time. Runs and checkpoints go to `work` (default: a folder beside `out`).
    Ultralytics prints each batch; `progress` is told epochs done and epochs planned.

    Raises:
        TrainingUnavailableError: the `yolo` extra is not installed.
        DatasetError: the data cannot be trained on; names file and line.
        BaseModelError: the base cannot be.
        FileNotFoundError: `data_yaml` or `base` does not exist.
    """
    if not data_yaml.is_file():
        raise FileNotFoundError(f"no data set description {data_yaml}")
    if not base.endswith(".yaml") and not Path(base).is_file():
        raise FileNotFoundError(f"no model {base} to start from")
    ultralytics = import_ultralytics()
    import torch  # noqa: PLC0415 - comes with ultralytics, is as slow to load

    check_dataset(data_yaml)
    work = (work or out.parent / f"{out.stem}-training").resolve()
    if base.endswith(".onnx"):
        base = str(weights_from_onnx(Path(base), data_yaml, work / "base.pt"))

    def set_threads(_: Any) -> None:  # noqa: ANN401 - ultralytics' trainer is untyped
        # Ultralytics sets its own number when it chooses the device. On two cores that others use
        # too, one thread took 0.14-0.26 s a picture, two took 2.3 s (they spin at barriers).
        torch.set_num_threads(threads)

    model = ultralytics.YOLO(base, task="detect")
    model.add_callback("on_train_start", set_threads)
    model.add_callback("on_train_epoch_end", lambda t: progress(t.epoch + 1, t.epochs))
    model.train(
        data=str(data_yaml.resolve()),
        epochs=epochs,
        time=hours,
        imgsz=image_size,
        batch=batch,
        nbs=batch,  # few steps are to be had on a CPU: one update a batch, not one per 64 pictures
        optimizer="AdamW",
        lr0=learning_rate,
        lrf=0.02,
        cos_lr=True,
        warmup_epochs=1.0,
        warmup_bias_lr=0.01,
        close_mosaic=max(1, epochs // 8) if hours is None else 1,
        scale=0.4,
        cls=1.0,
        seed=seed,
        device=device,
        workers=0 if device == "cpu" else 4,
        cache="ram",
        amp=device != "cpu",
        plots=False,
        val=device != "cpu",  # on a CPU validation costs as much as training; it is done at the end
        project=str(work),
        name="run",
        exist_ok=True,
    )
    return export_onnx(Path(str(model.trainer.last)), out, image_size=image_size)
