"""The backtest's report: one HTML file that needs nothing else (回测报告)."""
