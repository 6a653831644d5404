"""The demonstration's cameras: rendered clips over RTSP, and frames over MQTT (演示探头)."""
