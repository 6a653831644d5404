"""The alert book: findings in, steps in the life of alerts out (告警台账).

Pure: `advance(state, findings, now) -> (state, changes)`. Findings about the same kind, the same
vehicle or camera and the same subject share a key; all occurrences of a key that can still change
are kept, grouped anew at each finding, and compared with what was told before. So the alerts are a
function of what happened, not of the order in which it became known, and an alert whose first
occurrence is amended by a late fix stays the same alert.

An `Attribution` is a finding too: it goes to every occurrence whose passer has its track, whether
that was told before or comes within `lateness`. A later one replaces an earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import msgspec

from alerts.alert import Alert, AlertChange, ChangeKind, Evidence, Severity
from alerts.attribution import Attribution
from alerts.book_state import BookState, Key, Page, decode_state, encode_state
from alerts.evidence import evidence_of
from alerts.grouping import Occurrence, group
from alerts.kind import ALERT_KINDS
from alerts.laying import laying_of
from alerts.occurrence import of_scene_event, of_violation
from config.site import Site
from detection.scene_event import SceneEvent
from geofence.finding import Violation

__all__ = ["AlertBook", "BookState", "Finding", "Key", "Page", "decode_state", "encode_state"]

Finding = Violation | SceneEvent | Attribution

ALERT_NAMESPACE = UUID("5d6c0f0e-6d2b-5a54-9a0c-6f0a4f6f8f3e")
"""Alert ids are UUIDv5 in this namespace: never change it, receivers know alerts by them."""


@dataclass(frozen=True, slots=True)
class AlertBook:
    """`hold_back` joins repeats; what becomes known later than `lateness` never rings."""

    site: Site
    hold_back: timedelta = timedelta(hours=2)
    lateness: timedelta = timedelta(minutes=10)

    def initial(self) -> BookState:
        return BookState({})

    def advance(
        self, state: BookState, findings: Sequence[Finding], now: datetime
    ) -> tuple[BookState, list[AlertChange]]:
        """Enter findings; `now` (aware) is when their cause was received."""
        if not findings:
            return state, []
        pages = dict(state.pages)
        attributions = dict(state.attributions)
        changes: list[AlertChange] = []
        by_key: dict[Key, list[Violation | SceneEvent]] = {}
        for finding in findings:
            if isinstance(finding, Attribution):
                attributions[finding.track_uid] = finding
                for key in _of_track(pages, finding):
                    by_key.setdefault(key, [])
            else:
                by_key.setdefault(_key(finding), []).append(finding)
        for key, found in by_key.items():
            page = pages.get(key) or Page(key, (), (), now)
            pages[key], steps = self._turn(page, found, attributions, now)
            changes.extend(steps)
        self._forget(pages, now)
        young = {uid: a for uid, a in attributions.items() if now - a.at <= self.lateness}
        return BookState(pages, young), changes

    def _turn(
        self,
        page: Page,
        findings: Iterable[Violation | SceneEvent],
        attributions: Mapping[UUID, Attribution],
        now: datetime,
    ) -> tuple[Page, list[AlertChange]]:
        known = {o.started_at: o for o in page.occurrences}
        pictured: list[tuple[datetime, SceneEvent]] = []
        for finding in findings:
            began = finding.started_at
            if isinstance(finding, Violation) and finding.withdrawn:
                known.pop(began, None)
                continue
            earlier = known.get(began)
            if isinstance(finding, SceneEvent):
                camera = self.site.cameras[finding.camera_id]
                known[began] = of_scene_event(finding, camera, earlier, now, self.lateness)
                if finding.snapshots:
                    pictured.append((began, finding))
            else:
                known[began] = of_violation(finding, earlier, now, self.lateness)
        for began, occurrence in known.items():
            if occurrence.passer is not None and occurrence.passer.track_uid in attributions:
                laid = attributions[occurrence.passer.track_uid]
                known[began] = msgspec.structs.replace(occurrence, attribution=laid)

        before = {a.alert_id: a for a in page.alerts}
        changes: list[AlertChange] = []
        alerts: list[Alert] = []
        kept: list[Occurrence] = []
        unclaimed = dict(before)
        groups = group(list(known.values()), self.hold_back)
        # Those told before claim their alert first; a beginning that moved takes what is left.
        for members in sorted(groups, key=lambda ms: all(m.alert_id is None for m in ms)):
            alert_id = self._claim(page.key, members, unclaimed)
            alert = self._alert(page.key, alert_id, members)
            evidence = tuple(
                picture
                for began, event in pictured
                if any(m.started_at == began for m in members)
                for picture in evidence_of(alert_id, event)
            )
            changes.extend(_step(before.get(alert_id), alert, evidence))
            alerts.append(alert)
            kept.extend(msgspec.structs.replace(m, alert_id=alert_id) for m in members)
        for gone in unclaimed.values():
            withdrawn = msgspec.structs.replace(gone, withdrawn=True, ended_at=gone.ended_at or now)
            changes.append(AlertChange(change=ChangeKind.WITHDRAWN, alert=withdrawn))
        alerts.sort(key=lambda a: a.started_at)
        return Page(page.key, tuple(kept), tuple(alerts), now), changes

    def _claim(self, key: Key, members: Sequence[Occurrence], unclaimed: dict[UUID, Alert]) -> UUID:
        """The alert these members were told in before, the eldest if in several; else a new id."""
        told = [unclaimed[m.alert_id] for m in members if m.alert_id in unclaimed] or [
            alert
            for alert in unclaimed.values()
            if abs(alert.started_at - members[0].started_at) <= self.lateness
            and key.camera_id is None
        ]
        if told:
            eldest = min(told, key=lambda a: a.started_at)
            del unclaimed[eldest.alert_id]
            return eldest.alert_id
        who = key.vehicle_id or key.camera_id
        began = members[0].started_at.timestamp()
        return uuid5(ALERT_NAMESPACE, f"{key.kind}|{who}|{key.subject}|{began:.6f}")

    def _alert(self, key: Key, alert_id: UUID, members: Sequence[Occurrence]) -> Alert:
        first, last = members[0], members[-1]
        laying = laying_of(members)
        vehicle_id = key.vehicle_id or laying.vehicle_id
        vehicle = self.site.vehicles.get(vehicle_id or "")
        company = self.site.companies.get(vehicle.company_id) if vehicle else None
        rings = any(m.rings for m in members)
        ended = None
        if all(m.ended_at is not None for m in members):
            ended = max(m.ended_at for m in members if m.ended_at is not None)
        return Alert(
            alert_id=alert_id,
            kind=key.kind,
            severity=self._severity(key.kind),
            vehicle_id=vehicle_id,
            plate=vehicle.plate if vehicle else None,
            plate_color=vehicle.plate_color.value if vehicle else None,
            company=company.name if company else None,
            camera_id=key.camera_id,
            subject=key.subject,
            zone_id=last.zone_id,
            permit_id=last.permit_id,
            started_at=first.started_at,
            raised_at=min(m.raised_at for m in members if m.rings or not rings),
            ended_at=ended,
            lon=first.lon,
            lat=first.lat,
            confidence=max(m.confidence for m in members),
            suspected=all(m.suspected for m in members),
            occurrences=len(members),
            rings=rings,
            values=last.values,
            parameters=last.parameters,
            passers=laying.passers,
            candidates=laying.candidates,
            nobody=laying.nobody,
        )

    def _severity(self, kind: str) -> Severity:
        chosen = self.site.rules.get(kind, {}).get("severity")
        return Severity(str(chosen)) if chosen is not None else ALERT_KINDS[kind].severity

    def _forget(self, pages: dict[Key, Page], now: datetime) -> None:
        """Drop what nothing can change any more, so that the state is bounded by what goes on."""
        horizon = now - self.hold_back - self.lateness
        for key, page in list(pages.items()):
            if page.touched_at < horizon and all(a.ended_at is not None for a in page.alerts):
                del pages[key]


def _key(finding: Violation | SceneEvent) -> Key:
    if isinstance(finding, SceneEvent):
        return Key(finding.kind, None, finding.camera_id, finding.camera_zone_id)
    return Key(finding.kind, finding.vehicle_id, None, finding.subject)


def _of_track(pages: Mapping[Key, Page], attribution: Attribution) -> list[Key]:
    return [
        key
        for key, page in pages.items()
        if key.camera_id == attribution.camera_id
        and any(
            o.passer is not None and o.passer.track_uid == attribution.track_uid
            for o in page.occurrences
        )
    ]


def _step(before: Alert | None, alert: Alert, evidence: tuple[Evidence, ...]) -> list[AlertChange]:
    if before is None or (alert.rings and not before.rings):
        change = ChangeKind.RAISED
    elif before == alert and not evidence:
        return []
    elif before.ended_at is None and alert.ended_at is not None:
        change = ChangeKind.ENDED
    else:
        change = ChangeKind.AMENDED
    return [AlertChange(change=change, alert=alert, evidence=evidence)]
