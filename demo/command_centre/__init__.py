"""A pretend command centre: receives webhooks, verifies and shows them (指挥中心)."""
