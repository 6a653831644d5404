"""What the laying of sightings at trucks weighs with (归因参数). Ours, where no source is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.rule_parameters import override
from config.site import RuleParameters

KIND = "attribution"
"""Its table in site.toml: `[rules.attribution]`."""


@dataclass(frozen=True, slots=True)
class AttributionParameters:
    """Thresholds and spreads; metres, seconds, one standard deviation.

    Attributes:
        certain: a vehicle is named without asking a person from this confidence on.
        margin: and only when it is so many times as likely as the next.
        gps_m: error of a good fix (GPS SPS standard 2020: 95 % within 8 m under an open sky; a
            cab's roof among houses has 2 to 3 times that).
        gps_fast_s: how long such an error stays about the same.
        agility: spectral density of a truck's acceleration, m²/s³: 0.6 m/s² that lasts 3 s.
        speed_ms, course_deg: errors of what the terminal says of its own motion.
        terminal_clock_s: of a terminal's fix times against true time.
        camera_clock_s: of a camera of which nothing was learned.
        seen_speed_ms: of a speed from the homography, with 10 % of the speed itself.
        seen_heading_deg: of a heading from the homography.
        most_gap_s: of fixes farther from the moment than this nothing is concluded.
        antenna_m: from where a vehicle's box stands on the ground, its nearer end, to its antenna.
        gate_m: width of the way through a gate.
        outline_m: a site's outline farther than this from its gate's camera is not drawn up to the
            gate: being inside or outside of it then says nothing.
        stranger_trucks_per_h, stranger_cars_per_h: how many trucks and other vehicles pass that
            are not of the fleet, at any camera.
        fleet_passages_per_day: how often one vehicle of the fleet passes one camera.
        wrong_place: share of passages at which the terminal is not in the truck, or its fixes lie.
        terminal_off: share of terminals that send nothing, where it is not known which.
        missed: share of passages that the camera does not see, or that go another way.
        false_reading: share of plate readings that are of another vehicle or no plate at all.
        strange_plates: how many other plates may be read here; a given one is so unlikely.
        together_s: two tracks that cross in the same direction within this time are two vehicles.
        turn_s: the same for opposite directions: a truck cannot come back sooner.
        final_after_s: later than this after the passage, no position is waited for.
    """

    certain: float = 0.97
    margin: float = 50.0
    gps_m: float = 8.0
    gps_fast_s: float = 30.0
    agility: float = 2.0
    speed_ms: float = 0.7
    course_deg: float = 8.0
    terminal_clock_s: float = 2.5
    camera_clock_s: float = 3.0
    seen_speed_ms: float = 0.7
    seen_heading_deg: float = 15.0
    most_gap_s: float = 150.0
    antenna_m: float = 3.0
    gate_m: float = 8.0
    outline_m: float = 80.0
    stranger_trucks_per_h: float = 4.0
    stranger_cars_per_h: float = 30.0
    fleet_passages_per_day: float = 3.0
    wrong_place: float = 0.01
    terminal_off: float = 0.05
    missed: float = 0.1
    false_reading: float = 0.01
    strange_plates: float = 1e6
    together_s: float = 60.0
    turn_s: float = 6.0
    final_after_s: float = 600.0

    @classmethod
    def of(cls, rules: Mapping[str, RuleParameters]) -> AttributionParameters:
        """The defaults with what `[rules.attribution]` sets over them.

        Raises:
            ParameterError: a key that is not one of these, or a value that cannot be used.
        """
        return override(KIND, cls(), rules.get(KIND, {}))
