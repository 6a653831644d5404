// One alert as a card of the list.
import { h } from "./dom.js";
import { thumbnails } from "./evidence.js";
import { duration, measured, when } from "./format.js";
import { has, t } from "./i18n.js";

export const kindName = (kind) => (has(`kind.${kind}`) ? t(`kind.${kind}`) : kind);

export function lasting(alert, now) {
  const time = duration((new Date(alert.ended_at ?? now) - new Date(alert.started_at)) / 1000);
  return t(alert.ended_at === null ? "alert.ongoing" : "alert.lasted", { time });
}

// The values that tell most come first; so many are shown without opening the card.
const LEADING = 3;
const FIRST = [
  "max_speed_kmh", "speed_kmh", "limit_kmh", "max_distance_m", "distance_m", "nearest_route", "hours",
  "class_name", "stayed_s", "area_px", "duration_s", "end", "fixes",
];
const rank = (name) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);

const inOrder = (values) => Object.entries(values)
  .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b))
  .map(([name, value]) => measured(name, value));

export function alertCard(alert, { vehicle, place, now, open, error, dismissing, actions }) {
  const title = kindName(alert.kind);
  const values = inOrder(alert.values);
  const card = h("article", {
    class: "alert", tabindex: 0, id: `alert-${alert.alert_id}`,
    "data-id": alert.alert_id, "data-severity": alert.severity, "data-status": alert.status,
    "aria-expanded": String(open), "aria-label": `${t(`severity.${alert.severity}`)} ${title} ${vehicle?.plate ?? ""}`,
  },
  h("header", {},
    h("span", { class: "severity" }, t(`severity.${alert.severity}`)),
    h("h3", {}, title),
    alert.suspected && h("span", { class: "suspected", title: t("alert.confidence", { percent: Math.round(alert.confidence * 100) }) }, t("alert.suspected")),
    alert.occurrences > 1 && h("span", { class: "times" }, `×${alert.occurrences}`),
    h("time", { datetime: alert.started_at }, when(alert.started_at, now))),
  h("div", { class: "who" },
    vehicle && h("span", { class: `plate ${vehicle.plate_color}` }, vehicle.plate),
    !vehicle && alert.vehicle_id && h("span", { class: "plate unknown" }, alert.vehicle_id),
    h("span", { class: "place" }, place),
    h("span", { class: "lasting" }, lasting(alert, now))),
  thumbnails(alert.evidence, `${title} · ${place}`, alert.alert_id),
  h("ul", { class: "values" }, (open ? values : values.slice(0, LEADING)).map(([label, text]) =>
    h("li", {}, h("span", {}, label), h("b", {}, text)))),
  open && more(alert, vehicle),
  status(alert, now),
  error && h("p", { class: "error", role: "alert" }, error),
  (alert.status === "new" || open) && buttons(alert, dismissing, actions));
  card.addEventListener("click", (event) => {
    if (!event.target.closest("button, input, form")) actions.choose(alert);
  });
  return card;
}

function more(alert, vehicle) {
  const parameters = inOrder(alert.parameters);
  const facts = [
    vehicle?.company && [t("alert.company"), vehicle.company],
    vehicle && [t("alert.vehicle_kind"), t(`vehicle.${vehicle.kind}`)],
    alert.permit_id && [t("alert.permit"), alert.permit_id],
    [t("alert.confidence_label"), `${Math.round(alert.confidence * 100)}%`],
    [t("alert.position"), `${alert.lon.toFixed(5)}, ${alert.lat.toFixed(5)}`],
  ].filter(Boolean);
  const table = (rows) => h("ul", { class: "values" }, rows.map(([label, text]) => h("li", {}, h("span", {}, label), h("b", {}, text))));
  return h("div", { class: "more" },
    parameters.length > 0 && h("h4", {}, t("alert.thresholds")), parameters.length > 0 && table(parameters),
    h("h4", {}, t("alert.facts")), table(facts));
}

function status(alert, now) {
  if (alert.status === "new") return null;
  const by = t(`status.${alert.status}_by`, { who: alert.acknowledged_by, when: when(alert.acknowledged_at, now) });
  return h("p", { class: `done ${alert.status}` }, by, alert.note ? h("q", {}, alert.note) : null);
}

function buttons(alert, dismissing, actions) {
  if (dismissing) {
    const note = h("input", { name: "note", maxlength: 500, placeholder: t("alert.note"), "aria-label": t("alert.note"), autocomplete: "off" });
    return h("form", { class: "decide", onsubmit: (event) => {
      event.preventDefault();
      actions.decide(alert, "dismiss", note.value.trim());
    } }, note, h("button", { class: "danger" }, t("action.confirm_dismiss")),
    h("button", { type: "button", onclick: () => actions.cancel(alert) }, t("action.cancel")));
  }
  return h("div", { class: "decide" },
    alert.status !== "acknowledged" && h("button", { type: "button", class: "primary", "data-action": "acknowledge", onclick: () => actions.decide(alert, "acknowledge", "") }, t("action.acknowledge")),
    alert.status !== "dismissed" && h("button", { type: "button", "data-action": "dismiss", onclick: () => actions.askDismiss(alert) }, t("action.dismiss")));
}
