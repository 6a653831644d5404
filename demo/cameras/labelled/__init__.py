"""Clips with event truth: the evaluation folder of the pretend world (带真值的评测视频)."""
