"""The evaluation's report: one HTML file that needs nothing else (评测报告)."""
