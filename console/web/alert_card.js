// One alert as a card of the list.
import { h } from "./dom.js";
import { thumbnails } from "./evidence.js";
import { duration, measured, when } from "./format.js";
import { has, t } from "./i18n.js";
import { layingBox } from "./laying.js";

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

// What a camera tells of the scene may be laid at somebody; what is wrong with itself not.
const isSeen = (alert) => alert.camera_id !== null && !alert.kind.startsWith("camera_");

// What sorts the sure from the suspected: a person's word, or else the rules'.
function certainty(alert) {
  const title = t("alert.confidence", { percent: Math.round(alert.confidence * 100) });
  if (alert.verdict === true) return h("span", { class: "found true", title }, t("alert.found_true"));
  if (alert.suspected) return h("span", { class: "suspected", title }, t("alert.suspected"));
  return isSeen(alert) ? h("span", { class: "found", title }, t("alert.sure")) : null;
}

export function alertCard(alert, { vehicle, vehicles, place, now, open, error, dismissing, laying, actions }) {
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
    certainty(alert),
    alert.occurrences > 1 && h("span", { class: "times" }, `×${alert.occurrences}`),
    h("time", { datetime: alert.started_at }, when(alert.started_at, now))),
  h("div", { class: "who" },
    !isSeen(alert) && vehicle && h("span", { class: `plate ${vehicle.plate_color}` }, vehicle.plate),
    !isSeen(alert) && !vehicle && alert.vehicle_id && h("span", { class: "plate unknown" }, alert.vehicle_id),
    h("span", { class: "place" }, place),
    h("span", { class: "lasting" }, lasting(alert, now))),
  isSeen(alert) && layingBox(inQuestion(alert, vehicle), { vehicles, now, open, laying, actions: {
    ask: (vehicleId) => actions.askLay(alert, vehicleId),
    lay: (vehicleId, note) => actions.lay(alert, vehicleId, note),
    cancel: () => actions.cancel(alert),
  } }),
  thumbnails(alert.evidence, `${title} · ${place}`, alert.alert_id),
  h("ul", { class: "values" }, (open ? values : values.slice(0, LEADING)).map(([label, text]) =>
    h("li", {}, h("span", {}, label), h("b", {}, text)))),
  open && alert.passers.length > 0 && passers(alert, now, actions),
  open && more(alert, vehicle),
  status(alert, now),
  error && h("p", { class: "error", role: "alert" }, error),
  (alert.status === "new" || open) && buttons(alert, dismissing, actions));
  card.addEventListener("click", (event) => {
    if (!event.target.closest("button, input, form, a")) actions.choose(alert);
  });
  return card;
}

const inQuestion = (alert, vehicle) => ({
  id: alert.alert_id, vehicle_id: alert.vehicle_id, plate: alert.plate ?? vehicle?.plate, plate_color: alert.plate_color ?? vehicle?.plate_color,
  company: alert.company ?? vehicle?.company, candidates: alert.candidates, nobody: alert.nobody,
  by: alert.attributed_by, at: alert.attributed_at, note: alert.attribution_note, passed: alert.passers.length > 0,
});

const word = (key) => (has(key) ? t(key) : key.split(".")[1]);

function passers(alert, now, actions) {
  return h("div", { class: "more" }, h("h4", {}, t("alert.passers")),
    h("ul", { class: "links" }, alert.passers.map((passer) => h("li", {},
      h("button", { type: "button", "data-action": "passage", onclick: () => actions.passage(alert, passer) },
        h("b", {}, `${word(`color.${passer.color}`)}${word(`class.${passer.class_name}`)}`), h("span", {}, t("alert.to_passage")),
        h("time", {}, when(passer.seen_at, now)))))));
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
  const by = alert.verdict === true && alert.verdict_by
    ? t("status.confirmed_by", { who: alert.verdict_by, when: when(alert.verdict_at, now) })
    : t(`status.${alert.status}_by`, { who: alert.acknowledged_by, when: when(alert.acknowledged_at, now) });
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
    alert.verdict !== true && h("button", { type: "button", class: "true", "data-action": "confirm", onclick: () => actions.decide(alert, "confirm", "") }, t("action.confirm")),
    alert.status !== "dismissed" && h("button", { type: "button", "data-action": "dismiss", onclick: () => actions.askDismiss(alert) }, t("action.dismiss")));
}
