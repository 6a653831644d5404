"""Evidence over HTTP: ranges, media types, what is gone, the manifest, case files, `verify`."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import av
import cv2
import msgspec
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from alerts.alert import Alert, AlertChange, ChangeKind, Evidence
from alerts.evidence import evidence_of, raw_evidence
from app.cli import app as cli
from config.settings import EvidenceSettings, Settings
from console.byte_range import UnsatisfiableRangeError, byte_range
from detection.detector import NoDetector
from detection.scene_event import Passer, SceneEvent, SeenBox, Snapshot, TrackPoint
from ingest.frame import Image
from store.batch import Batch
from store.evidence_keeper import EvidenceKeeper
from store.evidence_objects import EvidenceObjects, ObjectStoreFull
from store.evidence_room import make_room, put_state
from store.evidence_writer import attach_evidence
from store.operator import dismiss
from tests.console.conftest import USER
from tests.console.world import World, destinations_of, utc_now

pytestmark = pytest.mark.servers
API = "/api/v1"
W, H = 320, 180
TRUCK = (20.0, 40.0, 140.0, 150.0)
STRANGER = (220.0, 40.0, 250.0, 140.0)


@pytest.mark.parametrize(
    ("header", "size", "expected"),
    [
        (None, 100, None),
        ("bytes=0-9", 100, (0, 9)),
        ("bytes=90-", 100, (90, 99)),
        ("bytes=90-500", 100, (90, 99)),
        ("bytes=-10", 100, (90, 99)),
        ("bytes=-500", 100, (0, 99)),
        (" bytes=1-1 ", 100, (1, 1)),
        ("bytes=5-4", 100, None),
        ("bytes=0-1,5-6", 100, None),  # several ranges may be passed over
        ("lines=0-1", 100, None),
        ("bytes=-", 100, None),
        ("bytes=a-b", 100, None),
        ("bytes=" + "9" * 40 + "-", 100, None),
    ],
)
def test_ranges(header: str | None, size: int, expected: tuple[int, int] | None) -> None:
    assert byte_range(header, size) == expected


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0)]
)
def test_ranges_behind_the_end(header: str, size: int) -> None:
    with pytest.raises(UnsatisfiableRangeError):
        byte_range(header, size)


def texture(box: Sequence[float], seed: int) -> Image:
    x1, y1, x2, y2 = (int(n) for n in box)
    return np.random.default_rng(seed).integers(0, 255, (y2 - y1, x2 - x1, 3), np.uint8)


def scene() -> Image:
    image = np.full((H, W, 3), (90, 95, 100), np.uint8)
    for seed, box in enumerate((TRUCK, STRANGER)):
        x1, y1, x2, y2 = (int(n) for n in box)
        image[y1:y2, x1:x2] = texture(box, seed)
    return image


def edges(image: Image, box: Sequence[float]) -> float:
    x1, y1, x2, y2 = (int(n) for n in box)
    grey = cv2.cvtColor(image[y1:y2, x1:x2], cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


HEAD = (STRANGER[0], STRANGER[1], STRANGER[2], STRANGER[1] + 0.35 * (STRANGER[3] - STRANGER[1]))


def mp4() -> bytes:
    """2 s; the stranger walks, the truck stands."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = W, H, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "10"}
        for number in range(20):
            image = np.roll(scene(), -4 * number, axis=1)
            image[40:150, 0:170] = scene()[40:150, 0:170]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return out.getvalue()


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    evidence = EvidenceSettings(url=f"file:{tmp_path}/evidence", keep_free_bytes=0)
    return settings.model_copy(update={"evidence": evidence})


@pytest.fixture
def keeper(settings: Settings) -> EvidenceKeeper:
    return EvidenceKeeper(EvidenceObjects(settings.evidence), "vision 0/1")


@pytest.fixture
def spill(world: World, keeper: EvidenceKeeper, app: FastAPI) -> Alert:
    """A spillage with a picture, the track and a clip."""
    app.state.detector = NoDetector()
    at = utc_now() - timedelta(seconds=30)
    jpeg = cv2.imencode(".jpg", scene(), [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    uid = UUID(int=9)
    event = SceneEvent(
        kind="spillage",
        camera_id="gate-east",
        camera_zone_id="road",
        started_at=at,
        raised_at=at + timedelta(seconds=6),
        box=(150, 130, 170, 150),
        confidence=0.8,
        passer=Passer(
            track_id=1, track_uid=uid, class_name="muck_truck", box=TRUCK, seen_at=at,
            confidence=0.9, color="yellow",
        ),
        track=tuple(TrackPoint(at=at + timedelta(seconds=s), box=TRUCK) for s in range(3)),
        snapshots=(
            Snapshot(
                moment="passage", captured_at=at, width_px=W, height_px=H, jpeg=jpeg,
                seen=(
                    SeenBox(class_name="muck_truck", box=TRUCK, track_uid=uid),
                    SeenBox(class_name="person", box=STRANGER),
                ),
            ),
        ),
    )  # fmt: skip
    alert = world.raise_alert("spillage", at, camera_id=None, subject="road", lon=119.95, lat=31.7)
    pieces = [keeper.keep(e) for e in evidence_of(alert.alert_id, event)]
    world.writer.write(
        Batch(
            changes=(AlertChange(change=ChangeKind.AMENDED, alert=alert, evidence=tuple(pieces)),)
        )
    )
    attach_evidence(world.conn, [keeper.keep(clip_of(alert))], destinations_of)
    return alert


CLIP = mp4()


def clip_of(alert: Alert, content: bytes = CLIP) -> Evidence:
    return raw_evidence(
        alert.alert_id,
        "clip",
        content,
        camera_id="gate-east",
        captured_at=alert.started_at,
        until=alert.started_at + timedelta(seconds=2),
        media_type="video/mp4",
        size_px=(W, H),
        codec="h264",
    )


def piece(client: TestClient, alert: Alert, moment: str) -> dict[str, object]:
    evidence = client.get(f"{API}/alerts/{alert.alert_id}").json()["evidence"]
    return next(e for e in evidence if e["moment"] == moment)


def test_a_clip_is_served_in_ranges(client: TestClient, spill: Alert) -> None:
    entry = piece(client, spill, "clip")
    assert (entry["codec"], entry["size_bytes"]) == ("h264", len(CLIP))
    url = f"{API}/evidence/{entry['evidence_id']}"
    whole = client.get(url)
    assert (whole.status_code, whole.content) == (200, CLIP)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["etag"] == f'"{hashlib.sha256(CLIP).hexdigest()}"'
    part = client.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, CLIP[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(CLIP)}"
    end = client.get(url, headers={"Range": "bytes=-7"})
    assert end.content == CLIP[-7:]
    behind = client.get(url, headers={"Range": f"bytes={len(CLIP)}-"})
    assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{len(CLIP)}")
    other = client.get(url, headers={"Range": "bytes=0-1", "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, CLIP)
    assert client.get(f"{API}/evidence/{UUID(int=1)}").status_code == 404
    picture = piece(client, spill, "passage")
    shown = client.get(f"{API}/evidence/{picture['evidence_id']}")
    assert shown.headers["content-type"] == "image/jpeg"
    assert hashlib.sha256(shown.content).hexdigest() == picture["sha256"]
    track = client.get(f"{API}/evidence/{piece(client, spill, 'track')['evidence_id']}")
    assert track.headers["content-type"] == "application/json"
    assert len(track.json()["points"]) == 3


def test_a_clip_that_was_given_up_is_told(
    client: TestClient, spill: Alert, world: World, keeper: EvidenceKeeper
) -> None:
    dismiss(world.conn, spill.alert_id, "li", None, destinations_of)
    assert make_room(world.conn, keeper.objects, 1) == len(CLIP)
    entry = piece(client, spill, "clip")
    assert (entry["dropped_for"], entry["sha256"]) == ("room", hashlib.sha256(CLIP).hexdigest())
    gone = client.get(f"{API}/evidence/{entry['evidence_id']}")
    assert gone.status_code == 410
    manifest = client.get(f"{API}/alerts/{spill.alert_id}/evidence/manifest").json()
    assert manifest["whole"] is True


def test_a_store_that_is_away_is_no_lost_evidence(
    client: TestClient, spill: Alert, settings: Settings
) -> None:
    entry = piece(client, spill, "clip")
    folder = Path(settings.evidence.url.removeprefix("file:"))
    objects: EvidenceObjects = client.app.state.objects  # type: ignore[attr-defined]
    objects._rests_until_s = float("inf")
    assert client.get(f"{API}/evidence/{entry['evidence_id']}").status_code == 503
    assert client.get(f"{API}/alerts/{spill.alert_id}/case.zip").status_code == 503
    objects._rests_until_s = 0
    for file in folder.rglob("*.mp4"):
        file.unlink()
    assert client.get(f"{API}/evidence/{entry['evidence_id']}").status_code == 410


def test_the_manifest_is_whole_until_somebody_meddles(
    client: TestClient, spill: Alert, world: World
) -> None:
    url = f"{API}/alerts/{spill.alert_id}/evidence/manifest"
    manifest = client.get(url).json()
    assert (manifest["whole"], manifest["links"]) == (True, 3)
    assert [e["moment"] for e in manifest["entries"]] == ["passage", "track", "clip"]
    assert {e["taken_by"] for e in manifest["entries"]} == {"vision 0/1"}
    assert manifest["entries"][-1]["chain"] == manifest["head"]
    told = world.conn.execute(
        "SELECT payload->>'evidence_head' FROM outbox WHERE alert_id = %s"
        " ORDER BY revision DESC LIMIT 1",
        [spill.alert_id],
    ).fetchone()
    assert told == (manifest["head"],)
    world.conn.execute("DELETE FROM evidence WHERE moment = 'clip'")
    manifest = client.get(url).json()
    assert manifest["whole"] is False
    assert manifest["faults"]
    assert client.get(f"{API}/alerts/{UUID(int=1)}/evidence/manifest").status_code == 404


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def verify(tmp_path: Path, content: bytes, *options: str) -> tuple[int, str]:
    file = tmp_path / "case.zip"
    file.write_bytes(content)
    result = CliRunner().invoke(cli, ["verify", str(file), *options])
    return result.exit_code, result.output


def test_a_case_file_blurs_bystanders_and_keeps_the_truck(
    client: TestClient, spill: Alert, tmp_path: Path
) -> None:
    answer = client.get(f"{API}/alerts/{spill.alert_id}/case.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert f"case-spillage-{str(spill.alert_id)[:8]}.zip" in answer.headers["content-disposition"]
    files = unzipped(answer.content)
    assert set(files) == {
        "evidence/01-passage-redacted.jpg", "evidence/02-track.json",
        "evidence/03-clip-redacted.mp4", "alert.json", "manifest.json",
        "README.zh-CN.txt", "README.en.txt",
    }  # fmt: skip
    picture = cv2.imdecode(
        np.frombuffer(files["evidence/01-passage-redacted.jpg"], np.uint8), cv2.IMREAD_COLOR
    )
    assert edges(picture, HEAD) < 0.02 * edges(scene(), HEAD)
    assert edges(picture, TRUCK) > 0.7 * edges(scene(), TRUCK)
    with av.open(io.BytesIO(files["evidence/03-clip-redacted.mp4"])) as container:
        frames = [f.to_ndarray(format="bgr24") for f in container.decode(video=0)]
    assert len(frames) == 20
    walked = (HEAD[0] - 40, HEAD[1], HEAD[2] - 40, HEAD[3])
    assert edges(frames[10], walked) < 0.05 * edges(scene(), HEAD)
    assert edges(frames[10], TRUCK) > 0.3 * edges(scene(), TRUCK)
    manifest = json.loads(files["manifest.json"])
    assert (manifest["redacted"], manifest["exported_by"]) == (True, USER[0])
    clip = next(f for f in manifest["files"] if f["path"].endswith(".mp4"))
    assert clip["of_sha256"] == hashlib.sha256(CLIP).hexdigest() != clip["sha256"]
    assert CLIP not in files.values()
    told = json.loads(files["alert.json"])
    assert (told["kind"], len(told["evidence"])) == ("spillage", 3)
    assert told["evidence"][0]["passer_box"] == list(TRUCK)
    assert "抛洒滴漏" in files["README.zh-CN.txt"].decode()
    code, said = verify(tmp_path, answer.content, "--head", manifest["chain"]["head"])
    assert (code, "一致" in said) == (0, True)
    code, said = verify(tmp_path, answer.content, "--head", "00" * 32)
    assert code == 1


def test_originals_go_out_only_when_asked_and_it_is_entered(
    client: TestClient, spill: Alert, tmp_path: Path
) -> None:
    client.get(f"{API}/alerts/{spill.alert_id}/case.zip")
    answer = client.get(f"{API}/alerts/{spill.alert_id}/case.zip?redact=false")
    files = unzipped(answer.content)
    assert files["evidence/03-clip.mp4"] == CLIP
    assert verify(tmp_path, answer.content)[0] == 0
    exports = client.get(f"{API}/alerts/{spill.alert_id}/evidence/manifest").json()["exports"]
    assert [(e["actor"], e["redacted"]) for e in exports] == [(USER[0], True), (USER[0], False)]
    assert exports[1]["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert client.get(f"{API}/alerts/{UUID(int=1)}/case.zip").status_code == 404


def test_a_case_file_that_was_meddled_with_is_told(
    client: TestClient, spill: Alert, tmp_path: Path
) -> None:
    files = unzipped(client.get(f"{API}/alerts/{spill.alert_id}/case.zip?redact=false").content)

    def zipped(**changes: bytes | None) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, content in (files | changes).items():
                if content is not None:
                    archive.writestr(name, content)
        return out.getvalue()

    assert verify(tmp_path, zipped())[0] == 0
    for spoiled in (
        zipped(**{"alert.json": files["alert.json"].replace(b"spillage", b"overspeed")}),
        zipped(**{"evidence/03-clip.mp4": None}),
        zipped(**{"evidence/more.jpg": b"x"}),
        zipped(**{"manifest.json": b"[]"}),
        b"no zip",
        zipped()[:200],
    ):
        assert verify(tmp_path, spoiled)[0] == 1


def test_what_cannot_be_blurred_is_left_out(
    client: TestClient, spill: Alert, world: World, keeper: EvidenceKeeper, tmp_path: Path
) -> None:
    broken = msgspec.structs.replace(clip_of(spill, b"no video"), evidence_id=UUID(int=77))
    attach_evidence(world.conn, [keeper.keep(broken)], destinations_of)
    answer = client.get(f"{API}/alerts/{spill.alert_id}/case.zip")
    manifest = json.loads(unzipped(answer.content)["manifest.json"])
    assert manifest["left_out"] == [{"evidence_id": str(UUID(int=77)), "why": "unreadable"}]
    assert verify(tmp_path, answer.content)[0] == 0


def test_the_state_of_the_storage(client: TestClient, world: World, keeper: EvidenceKeeper) -> None:
    assert client.get(f"{API}/evidence-storage").json() == {"state": "ok", "workers": []}
    put_state(world.conn, keeper.objects, "vision 0/2", None, 1000)
    assert client.get(f"{API}/evidence-storage").json()["state"] == "ok"
    put_state(world.conn, keeper.objects, "vision 1/2", ObjectStoreFull("no room"), 1000)
    answer = client.get(f"{API}/evidence-storage").json()
    assert answer["state"] == "full"
    assert [w["state"] for w in answer["workers"]] == ["ok", "full"]
    assert answer["workers"][1]["detail"] == "no room"
