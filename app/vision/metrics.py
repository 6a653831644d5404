"""What Prometheus is told of each camera."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import REGISTRY, Collector, CollectorRegistry

from ingest.stream_health import StreamHealth, StreamState

_COUNTED = (
    ("frames_seen", "Pictures that arrived"),
    ("frames_decoded", "Pictures that were decoded"),
    ("frames_analysed", "Pictures that were analysed"),
    ("frames_dropped", "Pictures due for analysis and not analysed"),
    ("errors", "Packets that could not be decoded"),
    ("connections", "Connections that gave a picture"),
    ("wakes", "Changes from key frames to all pictures"),
    ("wakes_false", "Of those, without anything that moved"),
    ("restrained", "Times it was made to rest for want of time"),
)
_MEASURED = (
    ("awake_share", "Share of time in which all pictures were decoded"),
    ("analysed_fps", "Pictures analysed a second"),
    ("cpu_share", "Of one core, decoding and analysis"),
    ("lag_s", "Seconds that analysis is behind the stream"),
)


class CameraMetrics(Collector):
    """Asks `healths` for (camera id, health) at each scrape."""

    def __init__(self, healths: Callable[[], Iterable[tuple[str, StreamHealth]]]) -> None:
        self._healths = healths

    def register(self, registry: CollectorRegistry = REGISTRY) -> None:
        registry.register(self)

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: registering would otherwise ask cameras that are not there yet."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        healths = list(self._healths())
        state = GaugeMetricFamily(
            "muckwatch_camera_state", "1 for the state it is in", labels=["camera", "state"]
        )
        for camera, health in healths:
            for each in StreamState:
                state.add_metric([camera, each.value], float(health.state is each))
        yield state
        for name, help_text in _COUNTED:
            counter = CounterMetricFamily(f"muckwatch_camera_{name}", help_text, labels=["camera"])
            for camera, health in healths:
                counter.add_metric([camera], getattr(health, name))
            yield counter
        for name, help_text in _MEASURED:
            gauge = GaugeMetricFamily(f"muckwatch_camera_{name}", help_text, labels=["camera"])
            for camera, health in healths:
                gauge.add_metric([camera], getattr(health, name))
            yield gauge
