"""Rendered camera scenes: pictures with boxes, seeded and pure (渲染场景).

Roads, gates and dumping hotspots as a fixed camera sees them, drawn with numpy and OpenCV. The
same scenes feed the training set of the packaged detector (`python -m demo.scenes dataset`) and
the clips of the demonstration's cameras (`demo.cameras`).
"""
