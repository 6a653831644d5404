// One camera as a card of the list: its stream, what is wrong with it, its newest picture.
import { pictureUrl } from "./api.js";
import { h } from "./dom.js";
import { when } from "./format.js";
import { has, t } from "./i18n.js";

const percent = (share) => `${Math.round(share * 100)}%`;
const BY_STATE = ["camera_offline", "camera_frozen"]; // the stream's state says them too

// What is wrong with a camera beside its stream: words of `fault.`.
export const faultsOf = (camera) => (camera.faults ?? []).filter((kind) => !BY_STATE.includes(kind)).map((kind) => kind.replace("camera_", ""));

const faultName = (fault) => (has(`fault.${fault}`) ? t(`fault.${fault}`) : fault);

// How a camera is in a word, and in many.
export const stateOf = (camera) => camera?.state ?? "unknown";
export const gravity = (camera) => ({ offline: 4, frozen: 3, unknown: 1 }[stateOf(camera)] ?? (faultsOf(camera).length ? 2 : camera.placement_asked ? 1 : 0));
export function conditionOf(camera) {
  if (!camera) return t("camera.unknown");
  return [t(`camera.${camera.state}`), ...faultsOf(camera).map(faultName), camera.placement_asked && t("camera.asked")].filter(Boolean).join(" · ");
}

function figures({ figures: f, frames_seen, seen_at, state }, now) {
  const rows = [
    typeof f.analysed_fps === "number" && ["camera.rate", t("camera.per_second", { n: f.analysed_fps.toFixed(1) })],
    typeof f.frames_dropped === "number" && ["camera.dropped", String(f.frames_dropped)],
    typeof f.awake_share === "number" && ["camera.awake", percent(f.awake_share)],
    typeof f.lag_s === "number" && ["camera.lag", `${f.lag_s.toFixed(1)} s`],
    typeof f.cpu_share === "number" && ["camera.cpu", percent(f.cpu_share)],
    ["camera.frames", String(frames_seen)],
    state !== "online" && seen_at && ["camera.seen_at", when(seen_at, now)],
  ];
  return h("ul", { class: "values" }, rows.filter(Boolean).map(([key, text]) => h("li", { "data-figure": key.split(".")[1] }, h("span", {}, t(key)), h("b", {}, text))));
}

export function cameraCard({ id, name, role }, camera, { open, now, actions }) {
  const state = stateOf(camera);
  const placing = h("a", { class: "quiet", href: `placing.html?camera=${encodeURIComponent(id)}` }, t("camera.place"));
  const picture = camera?.picture_at && h("button", { type: "button", class: "shot", title: t("viewer.open"), onclick: () => actions.view(id) },
    h("img", { src: `${pictureUrl(id)}?${Date.parse(camera.picture_at)}`, alt: t("placing.picture"), decoding: "async" }),
    h("time", { datetime: camera.picture_at }, when(camera.picture_at, now)));
  return h("article", { class: "camera-card", "data-state": state, "data-gravity": String(gravity(camera)), "aria-label": `${name} ${conditionOf(camera)}` },
    h("header", {}, h("span", { class: "badge" }, t(`camera.${state}`)), h("h3", {}, name),
      h("span", { class: "soft role" }, has(`role.${role}`) ? t(`role.${role}`) : role)),
    camera && faultsOf(camera).length > 0 && h("ul", { class: "faults" }, faultsOf(camera).map((fault) => h("li", { "data-fault": fault }, faultName(fault)))),
    camera?.placement_asked && h("p", { class: "asks" }, h("span", {}, t("camera.asks")), placing),
    h("div", { class: "seen" }, picture, camera && figures(camera, now)),
    camera && state !== "online" && camera.detail && h("p", { class: "soft detail" }, camera.detail),
    open && h("div", { class: "decide" },
      h("button", { type: "button", "data-action": "passages", onclick: () => actions.passages(id) }, t("camera.passages")),
      h("button", { type: "button", "data-action": "alert", onclick: () => actions.alert(id) }, t("camera.newest_alert")),
      !camera?.placement_asked && placing));
}
