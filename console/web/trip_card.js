// One muck trip as a card of the list, and a day of them in figures.
import { kindName } from "./alert_card.js";
import { h } from "./dom.js";
import { dateOf, hourMinute, kilometres, minutes, nameOf } from "./format.js";
import { t } from "./i18n.js";

export const OUTCOMES = ["under_way", "unloading", "finished", "wrong_ground", "dumped", "unfinished", "unknown"];
const POINTS = ["site", "route", "ground"];
const MARK = { true: "✓", false: "✗", null: "–" };
const word = { true: "ok", false: "failed", null: "unknown" };

const seconds = (from, to) => (new Date(to) - new Date(from)) / 1000;
const facts = (rows) => h("ul", { class: "values" }, rows.filter(Boolean).map(([label, text]) => h("li", {}, h("span", {}, label), h("b", {}, text))));

export function tripCard(trip, page, { vehicle, now, onAlert }) {
  const plate = vehicle?.plate ?? trip.vehicle_id;
  const end = trip.ended_at ? hourMinute(new Date(trip.ended_at)) : t("trip.till_now");
  return h("article", { class: "trip", "aria-label": `${t(`outcome.${trip.outcome}`)} ${plate}` },
    h("header", {},
      h("span", { class: "badge" }, t(`outcome.${trip.outcome}`)),
      h("span", { class: `plate ${vehicle?.plate_color ?? "unknown"}` }, plate),
      h("time", { datetime: trip.began_at }, `${hourMinute(new Date(trip.began_at))}–${end}`)),
    h("p", { class: "way" },
      h("b", {}, trip.site_id ? nameOf(trip.site_id) : t("trip.unknown_site")),
      h("i", { "aria-hidden": "true" }, "→"),
      h("b", { class: trip.ground_id ? "" : "open" }, destination(trip, page))),
    h("div", { class: "figures" },
      h("span", {}, kilometres(trip.distance_m)),
      h("span", {}, minutes(seconds(trip.left_at, trip.ended_at ?? now))),
      trip.stops > 0 && h("span", {}, t("trip.stops", { count: trip.stops })),
      h("span", { class: trip.permit_id ? "permit" : "permit none" }, trip.permit_id ?? t("trip.no_permit"))),
    h("ul", { class: "points", "aria-label": t("points.title") }, POINTS.map((point) => {
      const ok = trip[`${point}_ok`];
      return h("li", { "data-ok": String(ok), title: `${t(`point.${point}`)}: ${t(`point.${word[ok]}`)}` },
        h("i", { "aria-hidden": "true" }, MARK[ok]), t(`point.${point}`), h("span", { class: "unseen" }, t(`point.${word[ok]}`)));
    })),
    page && more(page, onAlert));
}

function destination(trip, page) {
  if (trip.ground_id) return nameOf(trip.ground_id);
  const planned = page?.permit?.ground_zone;
  return planned ? t("trip.planned", { ground: nameOf(planned) }) : t("trip.no_ground");
}

function more({ trip, permit, visits, alerts }, onAlert) {
  const at = (iso) => hourMinute(new Date(iso));
  return h("div", { class: "more" },
    h("h4", {}, t("trip.course")),
    facts([
      [t("trip.began"), at(trip.began_at)], [t("trip.left"), at(trip.left_at)],
      trip.arrived_at && [t("trip.arrived"), at(trip.arrived_at)],
      trip.emptied_at && [t("trip.emptied"), at(trip.emptied_at)],
      [t("trip.moving"), minutes(trip.moving_s)],
      [t("trip.stopped"), trip.stops ? minutes(trip.stopped_s) : t("trip.none")],
      [t("trip.off_route"), trip.off_route_m ? kilometres(trip.off_route_m) : t("trip.none")],
      [t("trip.fixes"), String(trip.fixes)],
      [t("trip.missing"), trip.missing_s ? minutes(trip.missing_s) : t("trip.none")],
      trip.lid_open_s !== null && [t("trip.lid_open"), trip.lid_open_s ? minutes(trip.lid_open_s) : t("trip.none")],
      [t("trip.load_by"), t(`load_by.${trip.load_by}`)],
      trip.backfill && [t("trip.backfill"), t("yes")],
    ]),
    h("h4", {}, permit ? t("trip.permit", { id: permit.permit_id }) : t("trip.no_permit")),
    permit && facts([
      [t("permit.way"), `${permit.site_zone ? nameOf(permit.site_zone) : t("permit.any")} → ${permit.ground_zone ? nameOf(permit.ground_zone) : t("permit.any")}`],
      [t("permit.routes"), permit.route_ids.map(nameOf).join("、") || t("permit.any")],
      [t("permit.hours"), permit.hours || t("permit.whole_day")],
      permit.valid_to && [t("permit.valid_to"), dateOf(new Date(Date.parse(permit.valid_to) - 1))], // its last day
      permit.speed_limit_kmh && [t("permit.limit"), `${permit.speed_limit_kmh} km/h`],
      permit.daily_trips && [t("permit.daily_trips"), String(permit.daily_trips)],
    ]),
    visits.length > 0 && h("h4", {}, t("trip.visits")),
    visits.length > 0 && facts(visits.map((visit) => [nameOf(visit.zone_id), `${at(visit.entered_at)}–${visit.left_at ? at(visit.left_at) : ""}`])),
    alertLinks(alerts, onAlert));
}

export function alertLinks(alerts, onAlert) {
  if (!alerts.length) return null;
  return [h("h4", {}, t("trip.alerts", { count: alerts.length })), h("ul", { class: "links" }, alerts.map((alert) =>
    h("li", {}, h("button", { type: "button", "data-severity": alert.severity, onclick: () => onAlert(alert) },
      h("b", {}, kindName(alert.kind)), h("time", {}, hourMinute(new Date(alert.started_at)))))))];
}

// A bar of shares: [[class, number], …]
export function shares(parts, label) {
  const sum = parts.reduce((all, [, n]) => all + n, 0);
  return h("div", { class: "shares", role: "img", "aria-label": label }, parts.filter(([, n]) => n > 0).map(([name, n]) => {
    const part = h("i", { class: name });
    part.style.flexGrow = String(n / sum);
    return part;
  }));
}

export function tripSummary({ total }) {
  const open = total.trips - total.reconciled - total.failed;
  const tally = (count) => [["ok", count.ok], ["failed", count.failed], ["unknown", count.unknown]];
  return h("div", { class: "reconciliation" },
    h("dl", {},
      h("div", {}, h("dt", {}, t("points.reconciled")), h("dd", { class: "ok" }, String(total.reconciled))),
      h("div", {}, h("dt", {}, t("points.failed")), h("dd", { class: total.failed ? "failed" : "" }, String(total.failed))),
      h("div", {}, h("dt", {}, t("points.open")), h("dd", {}, String(open))),
      h("div", {}, h("dt", {}, t("points.distance")), h("dd", {}, kilometres(total.distance_m)))),
    h("ul", {}, POINTS.map((point) => h("li", {}, h("span", {}, t(`point.${point}`)),
      shares(tally(total[point]), t("points.label", { point: t(`point.${point}`), ...total[point] })),
      h("b", { class: total[point].failed ? "failed" : "" }, `${total[point].ok}/${total.trips}`)))));
}
