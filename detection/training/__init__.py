"""Training, export and evaluation of the detector. Training needs the `yolo` extra."""
