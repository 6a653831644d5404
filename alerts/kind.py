"""The kinds of alert: their names on screen, and their severity unless a site says otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.alert import Severity


@dataclass(frozen=True, slots=True)
class AlertKind:
    """`zh` and `en` are what operators and receivers of webhooks read.

    `by_passage`: a camera says it of who passes, so that each passage is an alert of its own.
    """

    id: str
    zh: str
    en: str
    severity: Severity
    by_passage: bool = False


_N, _W, _S = Severity.NOTICE, Severity.WARNING, Severity.SERIOUS

ALERT_KINDS: dict[str, AlertKind] = {
    kind.id: kind
    for kind in (
        AlertKind("off_route", "偏离核准路线", "Off the permitted route", _W),
        AlertKind("out_of_hours", "超出准运时段", "Outside permitted hours", _W),
        AlertKind("no_permit", "无准运证", "No permit", _S, by_passage=True),
        AlertKind("overspeed", "超速", "Speeding", _W),
        AlertKind("restricted_zone", "闯限行区", "In a restricted zone", _W),
        AlertKind("lid_open", "顶盖未闭", "Lid open", _W),
        AlertKind("body_raised", "违规举升", "Body raised", _S, by_passage=True),
        AlertKind("long_stop", "长时间停留", "Long stop", _N),
        AlertKind("suspected_dumping", "疑似偷倒", "Suspected dumping", _S),
        AlertKind("wrong_ground", "消纳场不符", "Wrong disposal ground", _S),
        AlertKind("trip_unfinished", "运次未完成", "Trip unfinished", _W),
        AlertKind("track_gap", "轨迹中断", "Track gap", _N),
        AlertKind("tamper", "终端异常", "Terminal tampered with", _S),
        AlertKind("terminal_offline", "终端离线", "Terminal offline", _N),
        AlertKind("unknown_site", "疑似黑工地", "Unregistered site", _S),
        AlertKind("unknown_ground", "疑似黑消纳场", "Unregistered disposal ground", _S),
        AlertKind("missed_segment", "漏扫路段", "Missed segment", _N),
        AlertKind("work_too_fast", "作业超速", "Working too fast", _N),
        AlertKind("round_late", "作业逾时", "Round late", _N),
        AlertKind("wash_in_frost", "低温洒水", "Washing in frost", _W),
        AlertKind("left_work_area", "驶离作业区域", "Left the work area", _W),
        AlertKind("spillage", "抛洒滴漏", "Spillage", _S),
        AlertKind("illegal_dumping", "偷倒乱倒", "Illegal dumping", _S),
        AlertKind("open_load", "未密闭运输", "Open load", _W, by_passage=True),
        AlertKind("unknown_truck", "未登记车辆", "Unknown truck", _W, by_passage=True),
        AlertKind("terminal_silent", "终端静默", "Terminal silent", _W, by_passage=True),
        AlertKind("camera_offline", "摄像头离线", "Camera offline", _N),
        AlertKind("camera_frozen", "画面冻结", "Camera frozen", _N),
        AlertKind("camera_dark", "画面过暗", "Camera picture dark", _N),
        AlertKind("camera_blinded", "镜头眩光", "Camera blinded", _N),
        AlertKind("camera_out_of_focus", "画面失焦", "Camera out of focus", _N),
        AlertKind("camera_blocked", "镜头遮挡", "Camera blocked", _N),
        AlertKind("camera_moved", "摄像头移位", "Camera moved", _N),
    )
}
