"""A pretend GA/T 1400 view library: digest registration, keepalive, motor vehicles (320 平台)."""
