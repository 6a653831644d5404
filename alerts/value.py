"""What an alert's measured values and thresholds may be."""

Value = float | int | str | bool | None
