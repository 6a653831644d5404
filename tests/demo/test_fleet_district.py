"""The demo district's files are what its drawing program gives."""

from __future__ import annotations

from config.demo_district import folder
from config.site_files import read_site_folder
from demo.draw_district import draw


def test_drawing_it_again_gives_the_same_files(tmp_path):
    draw(tmp_path)
    assert read_site_folder(tmp_path) == read_site_folder(folder())
