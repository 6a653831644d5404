// At which truck a camera's alert or a passage is laid (归因), or the question to a person.
import { h } from "./dom.js";
import { when } from "./format.js";
import { t } from "./i18n.js";

const percent = (share) => `${Math.round(share * 100)}%`;

// what: {id, vehicle_id, plate, plate_color, company, candidates, nobody, by ("rules", a person or null), at, note, passed}
function stateOf({ vehicle_id, by, nobody, passed }) {
  if (vehicle_id !== null) return "laid";
  if (by !== null) return "nobody";
  if (nobody !== null) return "asked";
  return passed ? "waiting" : "unseen";
}

// laying: null, or {vehicleId: undefined while one is being chosen, null for none of ours}
// actions: {ask(vehicleId | undefined), lay(vehicleId, note), cancel()}
export function layingBox(what, { vehicles, now, open, laying, actions }) {
  const state = stateOf(what);
  const choosing = state === "asked" || laying !== null || (open && ["waiting", "unseen"].includes(state));
  return h("section", { class: "laying", "data-state": state, "aria-label": t("laid.title") },
    head(what, state, now, open && laying === null ? actions : null),
    choosing && laying?.vehicleId === undefined && options(what, vehicles, open || laying !== null, actions),
    laying !== null && laying.vehicleId === undefined && h("div", { class: "decide" }, h("button", { type: "button", onclick: () => actions.cancel() }, t("action.cancel"))),
    laying !== null && laying.vehicleId !== undefined && form(laying.vehicleId, vehicles, actions));
}

function head(what, state, now, actions) {
  const who = {
    laid: () => [h("span", { class: `plate ${what.plate_color ?? "unknown"}` }, what.plate ?? what.vehicle_id), h("span", { class: "company" }, what.company ?? "")],
    nobody: () => [h("b", {}, t("laid.nobody"))],
    asked: () => [h("b", { class: "question" }, t("laid.question"))],
    waiting: () => [h("span", { class: "soft" }, t("laid.waiting"))],
    unseen: () => [h("span", { class: "soft" }, t("laid.unseen"))],
  }[state]();
  const sure = what.candidates.find(({ vehicle_id }) => vehicle_id === what.vehicle_id)?.confidence;
  const by = what.by === "rules" ? (sure === undefined ? t("laid.by_rules") : t("laid.by_rules_sure", { percent: percent(sure) }))
    : what.by && t("laid.by", { who: what.by, when: what.at ? when(what.at, now) : "" });
  return h("div", { class: "laid-at" }, h("span", { class: "label" }, t("laid.title")), who,
    by && h("span", { class: "by" }, by),
    actions && what.by && h("button", { type: "button", class: "again", "data-action": "again", onclick: () => actions.ask(undefined) }, t("laid.again")),
    what.by && what.note && h("q", {}, what.note));
}

function bar(share) {
  const inner = h("i");
  inner.style.width = percent(share);
  return h("span", { class: "likely", "aria-hidden": "true" }, inner);
}

function options(what, vehicles, other, actions) {
  const row = (vehicleId, name, share, about, action) => h("li", { "data-vehicle": vehicleId ?? "" },
    name, bar(share), h("b", {}, percent(share)),
    h("button", { type: "button", "data-action": "lay", onclick: () => actions.ask(vehicleId) }, action),
    about && h("small", {}, about));
  const rows = what.candidates.map(({ vehicle_id: id, confidence, distance_m: away, plate_read: read }) => {
    const vehicle = vehicles.get(id);
    const about = [
      vehicle?.company, away === null ? t("laid.no_fix") : t("laid.distance", { m: Math.round(away) }), t(`plate_read.${read ?? "unread"}`),
    ];
    return row(id, h("span", { class: `plate ${vehicle?.plate_color ?? "unknown"}` }, vehicle?.plate ?? id), confidence, about.filter(Boolean).join(" · "), t("laid.lay"));
  });
  if (what.nobody !== null) rows.push(row(null, h("span", { class: "none" }, t("laid.nobody")), what.nobody, null, t("laid.lay_nobody")));
  return [rows.length > 0 && h("ul", { class: "candidates" }, rows), other && otherVehicle(what, vehicles, actions)];
}

// Any registered vehicle, by its plate; where the rules gave no figure, none of ours too.
function otherVehicle(what, vehicles, actions) {
  const list = `plates-${what.id}`;
  const input = h("input", { name: "plate", list, placeholder: t("laid.other"), "aria-label": t("laid.other"), autocomplete: "off", oninput: () => input.setCustomValidity("") });
  const byPlate = new Map([...vehicles.values()].map(({ plate, vehicle_id }) => [plate, vehicle_id]));
  return h("form", { class: "other", onsubmit: (event) => {
    event.preventDefault();
    const id = byPlate.get(input.value.trim().toUpperCase());
    input.setCustomValidity(id === undefined ? t("laid.no_such") : "");
    if (id === undefined) input.reportValidity();
    else actions.ask(id);
  } }, input, h("datalist", { id: list }, [...byPlate.keys()].map((plate) => h("option", { value: plate }))),
  h("button", {}, t("laid.lay")),
  what.nobody === null && h("button", { type: "button", "data-action": "lay-nobody", onclick: () => actions.ask(null) }, t("laid.lay_nobody")));
}

function form(vehicleId, vehicles, actions) {
  const name = vehicleId === null ? t("laid.nobody") : vehicles.get(vehicleId)?.plate ?? vehicleId;
  const note = h("input", { name: "note", maxlength: 500, placeholder: t("laid.note"), "aria-label": t("laid.note"), autocomplete: "off" });
  return h("form", { class: "decide lay", onsubmit: (event) => {
    event.preventDefault();
    actions.lay(vehicleId, note.value.trim());
  } }, note, h("button", { class: "primary" }, t("laid.confirm", { name })),
  h("button", { type: "button", onclick: () => actions.cancel() }, t("action.cancel")));
}
