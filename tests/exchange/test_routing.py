"""Who gets which change."""

from __future__ import annotations

import msgspec
import pytest

from alerts.alert import ChangeKind
from config.settings import DeliverySettings, ViidSettings, WebhookSettings
from exchange.routing import destinations_of

CENTRE = WebhookSettings(id="centre", url="http://centre/", secret="whsec_MDAwMDAwMDA=")
DUMPING_ONLY = WebhookSettings(
    id="dumping", url="http://x/", secret="whsec_MDAwMDAwMDA=", kinds=("illegal_dumping",)
)
VIID = ViidSettings(url="http://viid", device_id="32041200005030000001", username="u", password="p")
ALL = DeliverySettings(webhooks=(CENTRE, DUMPING_ONLY), viid=VIID)


def test_a_camera_alert_with_a_passing_truck_goes_everywhere(make_change):
    assert destinations_of(ALL)(make_change()) == ["centre", "dumping", "viid"]


def test_an_alert_that_does_not_ring_goes_nowhere(make_change, make_alert):
    assert list(destinations_of(ALL)(make_change(alert=make_alert(rings=False)))) == []


def test_kinds_filter(make_change, make_alert):
    change = make_change(alert=make_alert(kind="spillage"))
    assert destinations_of(ALL)(change) == ["centre", "viid"]


@pytest.mark.parametrize("step", [ChangeKind.AMENDED, ChangeKind.ENDED, ChangeKind.WITHDRAWN])
def test_the_platform_hears_only_the_raising(make_change, step):
    assert destinations_of(ALL)(make_change(change=step)) == ["centre", "dumping"]


@pytest.mark.parametrize("passer", ["muck_truck", "sanitation_truck", "car", "van", "bus"])
def test_every_vehicle_class_is_pushed(make_change, make_alert, make_passage, passer):
    alert = make_alert()
    picture = make_passage(alert.alert_id, passer_class=passer)
    assert "viid" in destinations_of(ALL)(make_change(alert=alert, evidence=(picture,)))


@pytest.mark.parametrize(
    "fields",
    [
        {"passer_class": "person"},
        {"passer_class": None},
        {"passer_box": None},
        {"moment": "after"},
    ],
)
def test_no_vehicle_in_the_picture_no_push(make_change, make_alert, make_passage, fields):
    alert = make_alert()
    change = make_change(alert=alert, evidence=(make_passage(alert.alert_id, **fields),))
    assert destinations_of(ALL)(change) == ["centre", "dumping"]


def test_a_gps_alert_is_not_pushed(make_change, make_alert):
    alert = make_alert(kind="off_route", camera_id=None, vehicle_id="v1")
    assert destinations_of(ALL)(make_change(alert=alert, evidence=())) == ["centre"]


def test_an_id_used_twice_is_an_error():
    settings = DeliverySettings(webhooks=(CENTRE, CENTRE))
    with pytest.raises(ValueError, match="used twice: centre"):
        destinations_of(settings)


def test_the_platform_hears_at_whom_it_was_laid(make_change):
    change = make_change(change=ChangeKind.AMENDED)
    assert "viid" in destinations_of(ALL)(msgspec.structs.replace(change, laid=True))
    bare = msgspec.structs.replace(change, laid=True, evidence=())
    assert "viid" not in destinations_of(ALL)(bare)
