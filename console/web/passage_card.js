// One passage of a vehicle before a camera (过车记录) as a card of the list.
import { sightingPictureUrl } from "./api.js";
import { h } from "./dom.js";
import { when } from "./format.js";
import { has, t } from "./i18n.js";
import { layingBox } from "./laying.js";

const percent = (share) => `${Math.round(share * 100)}%`;
const DOUBTFUL = 0.9; // below it a plate's reading is often wrong: docs/attribution.md

const word = (key) => (has(key) ? t(key) : key.split(".")[1]);
export const looks = ({ color, class_name }) => `${word(`color.${color}`)}${word(`class.${class_name}`)}`;

const facts = (rows) => h("ul", { class: "values" }, rows.filter(Boolean).map(([label, text]) => h("li", {}, h("span", {}, label), h("b", {}, text))));

function plateRead(plate) {
  if (!plate) return h("span", { class: "unread" }, t("passage.unread"));
  const sure = t("passage.reliability", { percent: percent(plate.reliability) });
  return [h("span", { class: `plate ${plate.color ?? "unknown"}`, "data-doubtful": String(plate.reliability < DOUBTFUL), title: sure }, plate.text),
    h("span", { class: "soft", title: sure }, percent(plate.reliability))];
}

export function passageCard(seen, { camera, vehicle, vehicles, now, open, laying, said, actions }) {
  const heavy = [
    seen.load && h("span", { class: `load ${seen.load}`, title: percent(seen.load_confidence) }, t(`seen_load.${seen.load}`)),
    seen.body_raised && h("span", { class: "load open" }, t("body.raised")),
    seen.speed_kmh !== null && h("span", {}, `${Math.round(seen.speed_kmh)} km/h`),
  ];
  const shown = seen.picture_at && h("button", { type: "button", class: "shot", title: t("viewer.open"), onclick: () => actions.view(seen) },
    h("img", { src: sightingPictureUrl(seen.sighting_id), alt: t("passage.picture"), loading: "lazy", decoding: "async" }));
  const by = seen.chosen_by ?? (seen.vehicle_id === null ? null : "rules");
  return h("article", { class: "passage", "aria-label": `${when(seen.at, now)} ${camera} ${seen.plate?.text ?? ""}` },
    h("header", {},
      seen.direction && h("span", { class: `direction ${seen.direction}` }, t(`direction.${seen.direction}`)),
      h("h3", {}, camera), h("time", { datetime: seen.at }, when(seen.at, now))),
    h("div", { class: "seen" }, shown,
      h("div", {},
        h("div", { class: "read" }, plateRead(seen.plate)),
        h("div", { class: "figures" }, h("span", {}, looks(seen)), heavy),
        !open && h("div", { class: "read owner", "data-by": by ?? "" }, owner(seen, vehicle, by)))),
    open && layingBox({
      id: seen.sighting_id, vehicle_id: seen.vehicle_id, plate: vehicle?.plate, plate_color: vehicle?.plate_color, company: vehicle?.company,
      candidates: seen.candidates, nobody: seen.nobody, by, at: seen.chosen_at, note: seen.chosen_note, passed: true,
    }, { vehicles, now, open, laying, actions: {
      ask: (vehicleId) => actions.askLay(seen, vehicleId), lay: (vehicleId, note) => actions.lay(seen, vehicleId, note), cancel: () => actions.cancel(seen),
    } }),
    said && h("p", { class: "error", role: "alert" }, said),
    open && h("div", { class: "decide" },
      seen.vehicle_id !== null && h("button", { type: "button", "data-action": "trip", onclick: () => actions.trip(seen) }, t("passage.trip")),
      h("button", { type: "button", "data-action": "alerts", onclick: () => actions.alerts(seen) }, t("passage.alerts"))),
    open && h("div", { class: "more" }, h("h4", {}, t("alert.facts")), facts([
      [t("passage.class_sure"), percent(seen.class_confidence)],
      seen.load && [t("passage.load_sure"), percent(seen.load_confidence)],
      seen.plate && [t("passage.readings"), `${seen.plate.readings}`],
      seen.plate && [t("passage.reliability_label"), percent(seen.plate.reliability)],
      seen.heading_deg !== null && [t("passage.heading"), `${Math.round(seen.heading_deg)}°`],
      [t("passage.unsure"), `±${Math.round(seen.uncertainty_m)} m`],
      [t("alert.position"), `${seen.lon.toFixed(5)}, ${seen.lat.toFixed(5)}`],
      [t("passage.final"), t(seen.final ? "yes" : "no")],
    ])));
}

function owner(seen, vehicle, by) {
  if (seen.vehicle_id !== null) {
    return [h("span", { class: "label" }, t("laid.title")), h("span", { class: `plate ${vehicle?.plate_color ?? "unknown"}` }, vehicle?.plate ?? seen.vehicle_id),
      h("span", { class: "soft" }, by === "rules" ? t("laid.by_rules") : by)];
  }
  if (by) return [h("span", { class: "label" }, t("laid.title")), h("span", {}, t("laid.nobody")), h("span", { class: "soft" }, by)];
  if (seen.nobody === null) return h("span", { class: "soft" }, t("laid.waiting"));
  return seen.candidates.length ? h("span", { class: "question" }, t("passage.candidates", { count: seen.candidates.length })) : h("span", { class: "soft" }, t("passage.stranger"));
}
