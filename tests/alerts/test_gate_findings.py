"""What a passage shows against the register."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from shapely import box

from alerts.attribution import Attribution, as_said
from alerts.attribution_match import FleetKnown, attribute
from alerts.attribution_motion import VehicleFixes
from alerts.attribution_seen import seen_of
from alerts.gate_findings import gate_findings
from config.camera import Camera, CameraRole
from config.permit import Permit
from config.site import Site
from config.vehicle import PlateColor, Vehicle, VehicleKind
from config.zone import Zone, ZoneKind
from detection.scene_event import SceneEvent
from detection.sighting import Direction, Load, PlateReading, Sighting, sighting_id

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LON, LAT = 119.94, 31.70
TRACK = UUID(int=7)
M = 1 / 110_860  # degrees of latitude a metre

SEEN = Sighting(
    sighting_id=sighting_id(TRACK, "line"),
    camera_id="gate",
    line_id="line",
    track_uid=TRACK,
    at=NOON,
    first_seen_at=NOON - timedelta(seconds=4),
    last_seen_at=NOON + timedelta(seconds=3),
    direction=Direction.OUT,
    class_name="muck_truck",
    class_confidence=0.9,
    load=Load.COVERED,
    load_confidence=0.95,
    lon=LON,
    lat=LAT,
    uncertainty_m=2.0,
    box=(100.0, 100.0, 400.0, 400.0),
)


def vehicle(number: int, *, terminal: bool = True) -> Vehicle:
    return Vehicle(
        f"v{number}",
        f"苏D1000{number}",
        PlateColor.YELLOW,
        VehicleKind.MUCK,
        "c",
        f"t{number}" if terminal else "",
    )


SITE = Site(
    "s",
    ZoneInfo("Asia/Shanghai"),
    zones={
        "site": Zone("site", "", ZoneKind.SITE, box(LON - 1e-3, LAT - 150 * M, LON + 1e-3, LAT))
    },
    vehicles={v.vehicle_id: v for v in (vehicle(1), vehicle(2), vehicle(3, terminal=False))},
    permits={
        "p1": Permit("p1", site_zone="site", vehicle_ids=("v1",)),
        "p2": Permit(
            "p2", site_zone="site", vehicle_ids=("v2",), valid_to=NOON - timedelta(days=1)
        ),
    },
    cameras={"gate": Camera("gate", "", "", LON, LAT, None, CameraRole.GATE, site_zone="site")},
)


def plate(text: str, reliability: float = 0.97) -> PlateReading:
    return PlateReading(text=text, color="yellow", reliability=reliability, readings=4)


def leaving(vehicle_id: str) -> VehicleFixes:
    """Out through the gate at noon, north at 4 m/s, a fix in 10 s."""
    at = np.arange(-60.0, 61.0, 10.0)
    return VehicleFixes(
        vehicle_id,
        NOON.timestamp() + at,
        np.full(len(at), LON),
        LAT + at * 4 * M,
        np.full(len(at), 14.4),
        np.zeros(len(at)),
        np.full(len(at), np.nan),
    )


def findings(
    sighting: Sighting,
    *here: str,
    elsewhere: frozenset[str] | None = frozenset({"v1", "v2", "v3"}),
    site: Site = SITE,
    late_s: float = 900,
) -> dict[str, SceneEvent]:
    if elsewhere is not None:
        elsewhere -= set(here)
    fleet = FleetKnown(
        {v: leaving(v) for v in here}, NOON + timedelta(seconds=late_s), elsewhere=elsewhere
    )
    (answer,) = attribute(seen_of([sighting]), fleet, site)
    return {event.kind: event for event in gate_findings(sighting, answer, site, fleet)}


def with_plate(text: str, reliability: float = 0.97) -> Sighting:
    return msgspec.structs.replace(SEEN, plate=plate(text, reliability))


class TestUnknownTruck:
    def test_a_plate_that_no_register_knows(self) -> None:
        told = findings(with_plate("浙A77777"))["unknown_truck"]
        assert told.values["reason"] == "plate_not_registered"
        assert told.values["plate_read"] == "浙A77777"
        assert (told.suspected, told.confidence > 0.9) == (False, True)

    def test_no_plate_and_nobody_near(self) -> None:
        told = findings(SEEN)["unknown_truck"]
        assert (told.values["reason"], told.suspected) == ("no_truck_near", True)

    @pytest.mark.parametrize(
        ("sighting", "here", "elsewhere"),
        [
            pytest.param(SEEN, ("v1",), frozenset({"v2", "v3"}), id="a truck of the fleet is near"),
            pytest.param(SEEN, (), None, id="who was heard is not known"),
            pytest.param(with_plate("苏D10001"), (), frozenset({"v1"}), id="registered"),
            pytest.param(with_plate("苏D10007", 0.5), ("v1",), frozenset(), id="hardly read"),
            pytest.param(
                msgspec.structs.replace(SEEN, class_name="car"), (), frozenset({"v1"}), id="a car"
            ),
            pytest.param(
                msgspec.structs.replace(SEEN, class_confidence=0.2), (), frozenset(), id="unsure"
            ),
        ],
    )
    def test_silent(
        self, sighting: Sighting, here: tuple[str, ...], elsewhere: frozenset[str] | None
    ) -> None:
        assert "unknown_truck" not in findings(sighting, *here, elsewhere=elsewhere)

    def test_many_silent_trucks_may_have_been_it(self) -> None:
        many = {f"v{i}": dataclasses.replace(vehicle(1), vehicle_id=f"v{i}") for i in range(200)}
        site = dataclasses.replace(SITE, vehicles=many)
        assert "unknown_truck" not in findings(SEEN, elsewhere=frozenset(), site=site)
        told = findings(SEEN, elsewhere=frozenset(many), site=site)
        assert told["unknown_truck"].values["silent_trucks"] == 0

    def test_only_at_a_gate(self) -> None:
        road = dataclasses.replace(SITE.cameras["gate"], role=CameraRole.INTERSECTION)
        site = dataclasses.replace(SITE, cameras={"gate": road})
        assert "unknown_truck" not in findings(with_plate("浙A77777"), site=site)


class TestTerminalSilent:
    @pytest.mark.parametrize(
        ("text", "elsewhere", "reason"),
        [
            ("苏D10001", frozenset({"v2", "v3"}), "silent"),
            ("苏D10001", frozenset({"v1"}), "elsewhere"),
            ("苏D10003", frozenset({"v1"}), "no_terminal"),
        ],
    )
    def test_known_by_its_plate(self, text: str, elsewhere: frozenset[str], reason: str) -> None:
        told = findings(with_plate(text), elsewhere=elsewhere)["terminal_silent"]
        assert told.values["reason"] == reason
        assert told.values["vehicle"] == f"v{text[-1]}"

    def test_its_own_fixes_show_it_elsewhere(self) -> None:
        away = leaving("v1")
        away = dataclasses.replace(away, lat=away.lat + 1_500 * M)
        fleet = FleetKnown({"v1": away}, NOON + timedelta(hours=1), elsewhere=frozenset())
        sighting = with_plate("苏D10001")
        (answer,) = attribute(seen_of([sighting]), fleet, SITE)
        told = {e.kind: e for e in gate_findings(sighting, answer, SITE, fleet)}
        assert told["terminal_silent"].values["reason"] == "elsewhere"

    def test_silent_when_it_is_here_or_nobody_asked(self) -> None:
        assert "terminal_silent" not in findings(with_plate("苏D10001"), "v1")
        assert "terminal_silent" not in findings(with_plate("苏D10001"), elsewhere=None)
        assert "terminal_silent" not in findings(SEEN, "v1")


class TestNoPermit:
    def test_a_truck_whose_permit_is_over_and_that_only_the_camera_saw(self) -> None:
        told = findings(with_plate("苏D10002"))["no_permit"]
        assert (told.values["reason"], told.values["vehicle"]) == ("expired", "v2")
        assert told.values["zone_id"] == "site"
        assert told.values["permit"] == "p2"
        assert not told.suspected

    def test_nobody_of_the_fleet_is_suspected(self) -> None:
        told = findings(SEEN)["no_permit"]
        assert (told.values["reason"], told.suspected) == ("not_registered", True)

    @pytest.mark.parametrize(
        ("sighting", "here"),
        [
            pytest.param(with_plate("苏D10001"), (), id="has one"),
            pytest.param(with_plate("苏D10002"), ("v2",), id="its positions show it: fleet rule"),
            pytest.param(msgspec.structs.replace(SEEN, direction=Direction.IN), (), id="comes in"),
            pytest.param(msgspec.structs.replace(SEEN, load=Load.EMPTY), (), id="empty"),
            pytest.param(msgspec.structs.replace(SEEN, load=None), (), id="load not seen"),
        ],
    )
    def test_silent(self, sighting: Sighting, here: tuple[str, ...]) -> None:
        assert "no_permit" not in findings(sighting, *here)

    def test_a_site_without_any_permits_is_not_judged(self) -> None:
        assert "no_permit" not in findings(SEEN, site=dataclasses.replace(SITE, permits={}))


def test_nothing_before_it_is_final() -> None:
    answer = Attribution(camera_id="gate", track_uid=TRACK, at=NOON, nobody=1.0, final=False)
    fleet = FleetKnown({}, NOON, elsewhere=frozenset())
    assert gate_findings(SEEN, answer, SITE, fleet) == []
    final = msgspec.structs.replace(answer, final=True)
    assert gate_findings(SEEN, final, SITE, fleet)


def test_a_finding_is_the_same_each_time_and_carries_who_passed() -> None:
    first, again = (findings(with_plate("浙A77777"))["unknown_truck"] for _ in range(2))
    assert first == again
    assert (first.started_at, first.camera_zone_id) == (SEEN.at, "line")
    assert first.ended_at is not None
    assert first.passer is not None
    assert first.passer.track_uid == TRACK


class TestWhatAPersonSaid:
    """The passage is who they said it is; what was measured of that truck still counts."""

    @staticmethod
    def said(
        sighting: Sighting, vehicle_id: str | None, *here: str, site: Site = SITE
    ) -> dict[str, SceneEvent]:
        elsewhere = frozenset({"v1", "v2", "v3"}) - set(here)
        late = NOON + timedelta(seconds=900)
        fleet = FleetKnown({v: leaving(v) for v in here}, late, elsewhere=elsewhere)
        (answer,) = attribute(seen_of([sighting]), fleet, site)
        told = gate_findings(sighting, as_said(answer, vehicle_id), site, fleet)
        return {event.kind: event for event in told}

    def test_a_truck_that_was_named_is_not_unknown(self) -> None:
        assert "unknown_truck" in findings(with_plate("浙A77777"))
        assert self.said(with_plate("浙A77777"), "v1") == {}

    def test_its_papers_are_asked_for_and_it_is_named(self) -> None:
        told = self.said(with_plate("浙A77777"), "v2")["no_permit"]
        assert (told.values["vehicle"], told.suspected) == ("v2", False)
        # Its positions show it there: the fleet's own rule judges it.
        assert "no_permit" not in self.said(with_plate("苏D10002"), "v2", "v2")

    def test_none_of_ours_is_unknown_though_one_of_ours_was_near(self) -> None:
        assert "unknown_truck" not in findings(SEEN, "v1")
        told = self.said(SEEN, None, "v1")
        assert told["unknown_truck"].values["reason"] == "no_truck_near"
        assert told["no_permit"].values["reason"] == "not_registered"


class TestWhatASiteSets:
    @staticmethod
    def with_rules(**rules: dict[str, float | int | str | bool]) -> Site:
        return dataclasses.replace(SITE, rules=rules)

    def test_thresholds(self) -> None:
        """A plate read with 0.8 is asked for in the register only where the site says so."""
        doubtful = with_plate("浙A77777", 0.8)
        assert findings(doubtful)["unknown_truck"].values["reason"] == "no_truck_near"
        site = self.with_rules(gate_findings={"reliability": 0.7, "sure": 0.7, "likely": 0.7})
        told = findings(doubtful, site=site)["unknown_truck"]
        assert (told.values["reason"], told.suspected) == ("plate_not_registered", False)
        assert told.parameters["reliability"] == 0.7

    @pytest.mark.parametrize("kind", ["unknown_truck", "no_permit"])
    def test_a_kind_that_is_off_is_not_told(self, kind: str) -> None:
        both = {"unknown_truck", "no_permit"}
        assert set(findings(SEEN)) == both
        off = self.with_rules(**{kind: {"enabled": False}})
        assert set(findings(SEEN, site=off)) == both - {kind}
