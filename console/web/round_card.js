// One sanitation round as a card of the list, and a day of them in figures.
import { h } from "./dom.js";
import { hourMinute, kilometres, minutes, nameOf } from "./format.js";
import { t } from "./i18n.js";
import { SEGMENT } from "./palette.js";
import { alertLinks, shares } from "./trip_card.js";

export const ROUND_STATES = ["under_way", "done", "late", "incomplete", "held_back"];
const ORDER = Object.keys(SEGMENT);
const percent = (share) => `${(Math.floor(share * 1000) / 10).toFixed(1)}%`;

export function roundCard(round, page, { plan, vehicles, onAlert, onSegment }) {
  const plates = round.vehicle_ids.map((id) => {
    const vehicle = vehicles.get(id);
    return h("span", { class: `plate ${vehicle?.plate_color ?? "unknown"}` }, vehicle?.plate ?? id);
  });
  const counts = [...round.counts].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return h("article", { class: "round", "aria-label": `${t(`round.${round.state}`)} ${plan?.name ?? round.plan_id}` },
    h("header", {},
      h("span", { class: "badge" }, t(`round.${round.state}`)),
      h("h3", {}, plan?.name ?? round.plan_id),
      h("time", { datetime: round.window_from }, `${hourMinute(new Date(round.window_from))}–${hourMinute(new Date(round.window_to))}`)),
    h("div", { class: "coverage" },
      h("b", {}, percent(round.coverage)),
      h("div", {}, h("span", { class: "soft" }, plan ? t("round.coverage_of", { percent: Math.round(plan.coverage * 100) }) : t("round.coverage")),
        shares(counts.map(({ state, length_m }) => [state, length_m]), t("round.coverage")))),
    h("div", { class: "figures" }, plates.length ? plates : h("span", {}, t("round.nobody")),
      h("span", { class: "punctual", "data-ok": String(round.punctual) }, punctuality(round)),
      round.temperature_c !== null && round.state === "held_back" && h("span", {}, `${round.temperature_c.toFixed(1)} °C`)),
    h("ul", { class: "states" }, counts.filter(({ state }) => state !== "covered").map(({ state, segments }) =>
      h("li", { class: state }, t("round.segments", { state: t(`segment.${state}`), count: segments })))),
    page && more(page, onAlert, onSegment));
}

function punctuality(round) {
  if (round.state === "held_back") return t("round.frost");
  if (round.late_s !== null) return t("round.late_by", { time: minutes(round.late_s) });
  if (round.punctual) return t("round.punctual");
  return t(round.punctual === false ? "round.not_done" : "round.open");
}

function more({ round, segments, visits, alerts }, onAlert, onSegment) {
  const at = (iso) => hourMinute(new Date(iso));
  const wrong = segments.map((segment, i) => ({ ...segment, i })).filter(({ state }) => state !== "covered" && state !== "pending");
  return h("div", { class: "more" },
    h("h4", {}, t("trip.course")),
    h("ul", { class: "values" }, [
      [t("round.route"), nameOf(round.route_id)],
      [t("round.length"), kilometres(segments.reduce((sum, { length_m }) => sum + length_m, 0))],
      round.started_at && [t("round.started"), at(round.started_at)],
      round.finished_at && [t("round.finished"), at(round.finished_at)],
      round.temperature_c !== null && [t("round.temperature"), `${round.temperature_c.toFixed(1)} °C`],
      ...visits.filter(({ arrived_kg, left_kg }) => arrived_kg !== null || left_kg !== null).map((visit) =>
        [nameOf(visit.zone_id), `${at(visit.entered_at)} ${weights(visit)}`]),
    ].filter(Boolean).map(([label, text]) => h("li", {}, h("span", {}, label), h("b", {}, text)))),
    wrong.length > 0 && h("h4", {}, t("round.wrong", { count: wrong.length })),
    wrong.length > 0 && h("ul", { class: "segments" }, wrong.map((segment) => h("li", {},
      h("button", { type: "button", class: segment.state, onmouseenter: () => onSegment(segment.i), onmouseleave: () => onSegment(null),
        onfocus: () => onSegment(segment.i), onblur: () => onSegment(null), onclick: () => onSegment(segment.i, true) },
      h("i", { "aria-hidden": "true" }), h("b", {}, segment.name || t("segment.number", { number: segment.segment + 1 })), h("span", {}, t(`segment.${segment.state}`)),
      h("span", {}, seen(segment) || `${Math.round(segment.length_m)} m`))))),
    alertLinks(alerts, onAlert));
}

const seen = ({ speed_kmh, first_at }) => [
  speed_kmh !== null && `${speed_kmh.toFixed(1)} km/h`, first_at && hourMinute(new Date(first_at)),
].filter(Boolean).join(" · ");

export const segmentFigures = (segment) => [`${Math.round(segment.length_m)} m`, seen(segment)].filter(Boolean).join(" · ");

const weights = ({ arrived_kg, left_kg }) => [arrived_kg, left_kg].map((kg) => (kg === null ? "–" : `${(kg / 1000).toFixed(1)} t`)).join(" → ");

export function roundSummary({ plans }) {
  const sum = (name) => plans.reduce((all, plan) => all + plan[name], 0);
  const rounds = sum("rounds");
  const mean = rounds ? plans.reduce((all, plan) => all + plan.coverage * plan.rounds, 0) / rounds : null;
  const over = rounds - sum("under_way") - sum("held_back");
  const figure = (name, text, mark = "") => h("div", {}, h("dt", {}, t(name)), h("dd", { class: mark }, text));
  return h("div", { class: "reconciliation" }, h("dl", {},
    figure("rounds.coverage", mean === null ? "–" : percent(mean)),
    figure("rounds.punctual", over ? `${sum("done")}/${over}` : "–"),
    figure("rounds.missed", String(sum("missed")), sum("missed") ? "failed" : ""),
    figure("rounds.late", String(sum("late")), sum("late") ? "failed" : "")));
}
