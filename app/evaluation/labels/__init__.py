"""Operators' verdicts become labels for the next training (核实结果转训练标签)."""
