"""A scene thrown by dice: the place, the light, what drives, walks and lies there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from demo.scenes import litter, trucks, vehicles
from demo.scenes.backdrop import Backdrop, Picture, Surroundings, paint_place
from demo.scenes.glyphs import PROVINCES
from demo.scenes.ground import Road
from demo.scenes.light import CONDITIONS
from demo.scenes.litter import Stain
from demo.scenes.people import person
from demo.scenes.placed import Placed
from demo.scenes.shape import Shape
from demo.scenes.stage import Drawing
from demo.scenes.staging import set_stage
from demo.scenes.view import View


@dataclass(frozen=True, eq=False)
class Place:
    """A view with its road and its empty picture."""

    view: View
    road: Road
    around: Surroundings
    scene: Backdrop

    @property
    def backdrop(self) -> Picture:
        return self.scene.picture


def random_place(seed: int, width_px: int = 640, height_px: int = 360) -> Place:
    """A camera 4 to 9 m up beside a road that runs along, across or askew."""
    rng = np.random.default_rng((seed, 1))
    view = View(
        width_px,
        height_px,
        float(rng.uniform(4, 9)),
        float(rng.uniform(14, 36)),
        float(rng.uniform(0.75, 1.25)),
    )
    heading = float(
        rng.choice(
            [rng.uniform(-20, 20), rng.uniform(30, 60), rng.uniform(65, 115), rng.uniform(120, 150)]
        )
    )
    lanes = int(rng.choice([1, 2, 2, 4]))
    reach = view.height_m / np.tan(np.radians(view.pitch_deg))
    gate = (float(rng.uniform(-8, -3)), float(rng.uniform(3, 8))) if rng.random() < 0.35 else None
    road = Road(
        float(rng.uniform(-3, 3)),
        float(np.clip(reach * rng.uniform(0.8, 1.3), 9, 30)),
        heading,
        lanes * float(rng.uniform(3.2, 3.8)),
        lanes,
        walk_m=float(rng.uniform(0, 3.5)),
        apron_m=gate,
    )
    wall = str(rng.choice(["hoarding", "brick", "fence", ""]))
    around = Surroundings(
        wall,
        float(rng.uniform(1, 6)),
        float(rng.uniform(1.8, 3.2)),
        int(rng.integers(0, 9)),
        bool(rng.random() < 0.7),
    )
    return Place(view, road, around, paint_place(view, road, around, rng))


def random_drawing(place: Place, seed: int, wanted: str | None = None) -> Drawing:
    """What the camera of `place` sees at one moment. The same seed gives the same picture.

    With a class `wanted` one of it is put there where there is room.
    """
    rng = np.random.default_rng((seed, 2))
    condition = str(rng.choice(CONDITIONS, p=[0.32, 0.16, 0.14, 0.18, 0.14, 0.06]))
    stage = set_stage(
        place.view, place.road, place.around, place.scene, condition=condition, rng=rng
    )
    things, stains = _things(place, rng, wanted)
    drawing = stage.draw(things, stains, rng)
    return Drawing(_through_camera(drawing.image, rng), drawing.owners, drawing.boxes)


def _through_camera(image: Picture, rng: np.random.Generator) -> Picture:
    """A little out of focus, and through JPEG."""
    if rng.random() < 0.5:
        image = np.asarray(
            cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.1))), dtype=np.uint8
        )
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)


class _Layout:
    """What was put where, so that nothing stands in another."""

    def __init__(self, place: Place, rng: np.random.Generator) -> None:
        self.place, self.rng = place, rng
        self.things: list[Placed] = []
        self.stains: list[Stain] = []
        self._taken: list[tuple[float, float, float]] = []

    def _free(self, x: float, y: float, radius: float) -> bool:
        if y < 4 or any(np.hypot(x - a, y - b) < radius + r for a, b, r in self._taken):
            return False
        pixels, depth = self.place.view.project(np.array([[x, y, 0.3]]))
        w, h = self.place.view.width_px, self.place.view.height_px
        column, row = pixels[0]
        return bool(depth[0] > 4 and -0.03 * w < column < 1.03 * w and 0 < row < 1.05 * h)

    def somewhere(
        self, radius: float, *, on_road: bool, reach_m: float = 45
    ) -> tuple[float, float, float] | None:
        """A free x, y and the heading of the traffic there; None if there is none."""
        road, rng = self.place.road, self.rng
        for _ in range(40):
            along = float(rng.uniform(-reach_m, reach_m))
            half = road.width_m / 2
            lane = float(rng.integers(road.lanes) + 0.5) * road.width_m / road.lanes - half
            beside = float(rng.choice([-1, 1]) * rng.uniform(half, half + road.walk_m + 5))
            across = lane if on_road else beside
            x, y = road.place(along, across)
            if np.hypot(x, y) < reach_m and self._free(x, y, radius):
                self._taken.append((x, y, radius))
                turn = 0.0 if across > 0 else 180.0  # keep to the right
                return x, y, road.heading_deg + turn
        return None

    def park(
        self,
        shape: Shape,
        radius: float,
        *,
        on_road: bool = True,
        jitter: float = 6,
        turn: float | None = None,
        reach_m: float = 45,
    ) -> Placed | None:
        spot = self.somewhere(radius, on_road=on_road, reach_m=reach_m)
        if spot is None:
            return None
        heading = turn if turn is not None else spot[2] + float(self.rng.normal(0, jitter))
        self.things.append(Placed(shape, spot[0], spot[1], heading))
        return self.things[-1]

    def put_behind(self, truck: Placed, shape: Shape) -> None:
        """Put the shape at the truck's tail."""
        a = np.radians(truck.heading_deg)
        x, y = truck.x - float(np.sin(a)) * 5.4, truck.y - float(np.cos(a)) * 5.4
        if y > 4:
            self.things.append(Placed(shape, x, y, truck.heading_deg))
            self._taken.append((x, y, 1.5))


def _things(
    place: Place, rng: np.random.Generator, wanted: str | None = None
) -> tuple[list[Placed], list[Stain]]:
    layout = _Layout(place, rng)
    if wanted is not None:
        _put(layout, rng, wanted)
    _drive(layout, rng)
    _walk(layout, rng)
    _litter(layout, rng)
    return layout.things, layout.stains


def _plate(rng: np.random.Generator, color: str = "yellow") -> tuple[str, str] | None:
    """A made-up number; some trucks are too dirty to read."""
    if rng.random() < 0.3:
        return None
    head = PROVINCES[int(rng.integers(len(PROVINCES)))]
    return f"{head}D{'ABCDEFGHJK'[int(rng.integers(10))]}{int(rng.integers(10_000)):04d}", color


def _put(layout: _Layout, rng: np.random.Generator, wanted: str) -> None:
    """One thing of a class, near enough to be learnt from."""
    load = {"load_covered": "covered", "load_open": "open", "muck_truck": "empty"}.get(wanted)
    raised = float(rng.uniform(18, 48)) if wanted == "body_raised" else 0.0
    on_road, reach = bool(rng.random() < 0.8), 26.0
    if load is not None or raised:
        shape = trucks.muck_truck(rng, load or "open", raised_deg=raised, plate=_plate(rng))
        layout.park(shape, 4.6, jitter=14, on_road=on_road, reach_m=34)
    elif wanted == "spill_liquid":
        spot = layout.somewhere(1.0, on_road=True, reach_m=reach)
        if spot is not None:
            size_m = float(rng.uniform(0.7, 2.6))
            turn = 90 - spot[2] + float(rng.normal(0, 12))
            layout.stains.append(litter.spill_liquid(rng, spot[0], spot[1], turn, size_m))
    else:
        made: dict[str, tuple[Callable[[], Shape], float, float]] = {
            "sanitation_truck": (lambda: trucks.sanitation_truck(rng), 4.0, 34),
            "car": (lambda: vehicles.car(rng, plate=_plate(rng, "blue")), 2.7, 34),
            "van": (lambda: vehicles.van(rng), 2.9, 34),
            "bus": (lambda: vehicles.bus(rng), 6.0, 40),
            "person": (lambda: person(rng, phase=float(rng.uniform(0, 6.3))), 0.5, reach),
            "bag": (lambda: litter.bag(rng), 0.6, 18),
            "bulky_item": (lambda: litter.bulky_item(rng), 1.0, reach),
            "spill_solid": (
                lambda: litter.spill_solid(rng, float(rng.uniform(0.4, 2.0))), 1.4, reach,
            ),
            "waste_pile": (
                lambda: litter.waste_pile(rng, float(rng.uniform(0.6, 1.9))), 1.4, reach,
            ),
        }  # fmt: skip
        make, radius, far = made[wanted]
        vehicle = far > reach
        road = on_road if vehicle or wanted == "spill_solid" else bool(rng.random() < 0.3)
        turn_deg = None if vehicle else float(rng.uniform(0, 360))
        layout.park(make(), radius, on_road=road, turn=turn_deg, reach_m=far)


def _drive(layout: _Layout, rng: np.random.Generator) -> None:
    for _ in range(int(rng.choice([0, 1, 1, 2]))):
        load = str(rng.choice(["covered", "open", "empty"], p=[0.4, 0.42, 0.18]))
        raised = float(rng.uniform(18, 48)) if rng.random() < 0.2 else 0.0
        shape = trucks.muck_truck(rng, load, raised_deg=raised, plate=_plate(rng))
        truck = layout.park(shape, 4.6, jitter=14, on_road=bool(rng.random() < 0.8))
        if truck is not None and raised and rng.random() < 0.5:
            layout.put_behind(truck, litter.waste_pile(rng, float(rng.uniform(0.8, 1.7))))
    others: tuple[tuple[float, float, Callable[[np.random.Generator], Shape]], ...] = (
        (0.33, 4.0, trucks.sanitation_truck),
        (0.7, 2.7, vehicles.car),
        (0.45, 2.7, vehicles.car),
        (0.4, 2.9, vehicles.van),
        (0.18, 6.0, vehicles.bus),
    )
    for chance, radius, make in others:
        if rng.random() < chance:
            layout.park(make(rng), radius, on_road=bool(rng.random() < 0.85))


def _walk(layout: _Layout, rng: np.random.Generator) -> None:
    """People, and street furniture among them."""
    for _ in range(int(rng.choice([0, 0, 1, 1, 2, 3]))):
        colors = litter.BAG_COLORS
        bag = colors[int(rng.integers(len(colors)))] if rng.random() < 0.15 else None
        somebody = person(rng, phase=float(rng.uniform(0, 6.3)), carrying=bag)
        on_road = bool(rng.random() < 0.3)
        layout.park(somebody, 0.5, on_road=on_road, turn=float(rng.uniform(0, 360)), reach_m=32)
    for _ in range(int(rng.choice([0, 0, 1, 1, 2, 3]))):
        shape = litter.furniture(rng)
        layout.park(shape, 0.7, on_road=False, turn=float(rng.uniform(0, 360)), reach_m=32)


def _litter(layout: _Layout, rng: np.random.Generator) -> None:
    if rng.random() < 0.28:
        shape = litter.bag(rng)
        on_road = bool(rng.random() < 0.25)
        turn = float(rng.uniform(0, 360))
        spot = layout.park(shape, 0.6, on_road=on_road, turn=turn, reach_m=24)
        for _ in range(int(rng.integers(0, 4))):
            if spot is not None:
                near = rng.normal(0, 0.9, 2)
                x, y = spot.x + float(near[0]), max(4.0, spot.y + float(near[1]))
                layout.things.append(Placed(litter.bag(rng), x, y, float(rng.uniform(0, 360))))
    for chance, radius, usually_on_road in (
        (0.26, 1.4, False),
        (0.26, 1.4, True),
        (0.26, 1.0, False),
    ):
        if rng.random() >= chance:
            continue
        if radius == 1.0:
            shape = litter.bulky_item(rng)
        elif usually_on_road:
            shape = litter.spill_solid(rng, float(rng.uniform(0.6, 2.2)))
        else:
            shape = litter.waste_pile(rng, float(rng.uniform(0.6, 1.9)))
        on_road = usually_on_road if rng.random() < 0.75 else not usually_on_road
        turn = float(rng.uniform(0, 360))
        layout.park(shape, radius, on_road=on_road, turn=turn, reach_m=28)
    if rng.random() < 0.28:
        lane = layout.somewhere(1.0, on_road=True, reach_m=28)
        if lane is not None:
            heading = 90 - lane[2] + float(rng.normal(0, 12))
            size_m = float(rng.uniform(0.7, 2.6))
            layout.stains.append(litter.spill_liquid(rng, lane[0], lane[1], heading, size_m))
