"""Goes on training from an exported ONNX model, such as the package's own (以现有模型为起点).

What is shipped is the ONNX file alone. Its batch normalisations are folded into the convolutions
(y = Wx + b). To train on, each gets one again that leaves y as it is: with mean m and variance v of
Wx over some pictures, (Wx - m) / sqrt(v + eps) * sqrt(v + eps) + (b + m).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from detection.training.dataset import DatasetError, picture_paths
from detection.training.ultralytics_import import import_ultralytics
from detection.yolo_output import model_input, read_names

CALIBRATED_ON = 64
"""Pictures for the means and variances: 64 × 10,000 values in the smallest layers (ours)."""


class BaseModelError(ValueError):
    """The model cannot be trained on; the message says why."""


def weights_from_onnx(model: Path, data_yaml: Path, out: Path) -> Path:
    """Write `out`, a checkpoint (`.pt`) of ultralytics with the weights of `model`.

    `data_yaml`: pictures like those that it will be trained on; their labels do not matter.

    Raises:
        TrainingUnavailableError: the `yolo` extra is not installed.
        BaseModelError: it is no float32 detector that ultralytics exported.
        DatasetError: there are no pictures.
    """
    ultralytics = import_ultralytics()
    import onnx  # noqa: PLC0415 - comes with the extra, as ultralytics does
    import torch  # noqa: PLC0415

    exported = onnx.load(model)
    described = {entry.key: entry.value for entry in exported.metadata_props}
    known = re.search(r"Ultralytics (YOLO\w+) model", described.get("description", ""))
    if known is None:
        raise BaseModelError(f"model {model}: was not exported by ultralytics")
    names = read_names(described.get("names", ""), model)
    values = {
        i.name: torch.from_numpy(onnx.numpy_helper.to_array(i).copy())
        for i in exported.graph.initializer
    }
    architecture = f"{known[1].lower()}.yaml"
    yolo = ultralytics.YOLO(architecture, task="detect")
    network = type(yolo.model)(architecture, ch=3, nc=len(names), verbose=False)
    folded = _fill(network, values, model)
    _unfold(network, folded, _inputs(data_yaml, _side(exported)))
    network.names = names
    yolo.model = network
    out.parent.mkdir(parents=True, exist_ok=True)
    yolo.save(str(out))
    return out


def _fill(network: Any, values: dict[str, Any], model: Path) -> list[tuple[Any, Any]]:  # noqa: ANN401 - torch is untyped here
    """Put the weights in; normalised convolutions come back with the bias that was folded in."""
    import torch  # noqa: PLC0415

    folded = []
    with torch.no_grad():
        for name, module in network.named_modules():
            if type(module) is not torch.nn.Conv2d or name.endswith("dfl.conv"):
                continue  # the last of a head that weighs 0, 1, 2, …: it is not trained
            weight, bias = values.get(f"{name}.weight"), values.get(f"{name}.bias")
            if weight is None or bias is None or weight.shape != module.weight.shape:
                raise BaseModelError(f"model {model}: {name}: its weights are not those expected")
            module.weight.copy_(weight)
            if module.bias is not None:
                module.bias.copy_(bias)
                continue
            around = network.get_submodule(name.rpartition(".")[0])
            folded.append((module, (around.bn, bias)))
    return folded


def _unfold(network: Any, folded: Sequence[tuple[Any, Any]], inputs: Sequence[Any]) -> None:  # noqa: ANN401
    import torch  # noqa: PLC0415

    sums: dict[int, list[Any]] = {}

    def note(module: Any, _given: Any, gave: Any) -> None:  # noqa: ANN401
        total = sums.setdefault(id(module), [0, 0.0, 0.0])
        values = gave.double()
        total[0] += values[:, 0].numel()
        total[1] = total[1] + values.sum((0, 2, 3))
        total[2] = total[2] + (values**2).sum((0, 2, 3))

    network.eval()
    with torch.no_grad():
        for _, (normal, bias) in folded:  # for the pass: y = Wx + b, exactly
            normal.running_mean.zero_()
            normal.running_var.fill_(1 - normal.eps)
            normal.weight.fill_(1)
            normal.bias.copy_(bias)
        hooks = [conv.register_forward_hook(note) for conv, _ in folded]
        for blob in inputs:
            network(torch.from_numpy(blob))
        for hook in hooks:
            hook.remove()
        for conv, (normal, bias) in folded:
            count, total, squares = sums[id(conv)]
            mean = total / count
            variance = (squares / count - mean**2).clamp(min=1e-6)
            normal.running_mean.copy_(mean)
            normal.running_var.copy_(variance)
            normal.weight.copy_(torch.sqrt(variance + normal.eps))
            normal.bias.copy_(bias + mean)


def _side(exported: Any) -> int:  # noqa: ANN401 - onnx is untyped here
    shape = exported.graph.input[0].type.tensor_type.shape.dim
    return int(shape[-1].dim_value) or 320


def _inputs(data_yaml: Path, side_px: int) -> list[np.ndarray]:
    paths = picture_paths(data_yaml, "train")
    found = []
    for path in islice(paths[:: max(1, len(paths) // CALIBRATED_ON)], CALIBRATED_ON):
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise DatasetError(f"{path}: is no picture")
        found.append(model_input(np.asarray(image, np.uint8), side_px, side_px)[0])
    return found
