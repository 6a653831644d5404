// The placing page: draws a camera's placement in its newest picture and on the map.
import { fitPlacement, getPlacement, getSite, pictureUrl, putPlacement } from "./api.js";
import { h } from "./dom.js";
import { keptLanguage, language, nextLanguage, t, useLanguage } from "./i18n.js";
import { PlacingMap } from "./placing_map.js";
import { PlacingPicture } from "./placing_picture.js";

const TOOLS = ["no_dump", "road", "gate_line", "point"];
const FIT_AFTER_MS = 150;
const byId = (id) => document.getElementById(id);
const state = { site: null, camera: null, told: null, captured: null, place: null, fit: null, changed: false };

const picture = new PlacingPicture(byId("canvas"), {
  onZone: addZone,
  onPoint: (point) => { picture.pending = point; showAll(); },
  onChange: changed,
  onChoose: (number) => { picture.chosen = number; showAll(); },
});
const map = new PlacingMap(byId("map"), {
  onPoint: pairPoint,
  onMove: (index, lon, lat) => { Object.assign(picture.points[index], rounded(lon, lat)); changed(); },
  onCamera: (lon, lat) => { Object.assign(state.place, rounded(lon, lat)); changed(); },
});

const rounded = (lon, lat) => ({ lon: Number(lon.toFixed(7)), lat: Number(lat.toFixed(7)) });

function addZone({ kind, points }) {
  const names = new Set(picture.zones.map((zone) => zone.id));
  let id = kind, number = 1;
  while (names.has(id)) id = `${kind}-${++number}`;
  picture.zones.push({ id, kind, points, ...(kind === "gate_line" && { inside: "right" }) });
  picture.chosen = picture.zones.length - 1;
  picture.use(null);
  changed();
}

function pairPoint(lon, lat) {
  if (!picture.pending) return;
  const [x, y] = picture.pending;
  picture.points.push({ x, y, ...rounded(lon, lat) });
  picture.pending = null;
  changed();
}

let fitting = null;
function changed() {
  state.changed = true;
  byId("saved").textContent = "";
  clearTimeout(fitting);
  fitting = setTimeout(refit, FIT_AFTER_MS);
  showAll();
}

async function refit() {
  const camera = state.camera;
  const fit = await guarded(() => fitPlacement(camera, picture.points));
  if (camera !== state.camera || !fit) return;
  state.fit = fit;
  showAll();
}

async function guarded(ask) {
  try {
    const answer = await ask();
    byId("banner").hidden = true;
    return answer;
  } catch (error) {
    byId("banner").textContent = t("placing.failed", { reason: error.message });
    byId("banner").hidden = false;
    return null;
  }
}

async function load(cameraId) {
  state.camera = cameraId;
  const told = await guarded(() => getPlacement(cameraId));
  if (!told || state.camera !== cameraId) return;
  state.told = told;
  history.replaceState(null, "", `?camera=${encodeURIComponent(cameraId)}`);
  adopt(told.current);
  map.lookAt(state.place.lon, state.place.lat);
  await newPicture();
}

function adopt(placement) {
  picture.zones = structuredClone(placement.zones);
  picture.points = structuredClone(placement.ground_points);
  picture.pending = null;
  picture.chosen = -1;
  state.place = { lon: placement.lon, lat: placement.lat, heading_deg: placement.heading_deg };
  byId("heading").value = placement.heading_deg ?? "";
  picture.use(null);
  changed();
  state.changed = false;
  showAll();
}

async function newPicture() {
  const url = pictureUrl(state.camera);
  const answer = await fetch(url, { method: "GET", credentials: "same-origin" });
  state.captured = answer.ok ? answer.headers.get("X-Captured-At") : null;
  if (answer.ok) await picture.show(`${url}?${Date.now()}`);
  else { picture.url = null; picture.draw(); }
  showAll();
}

async function save() {
  const body = { ...state.place, zones: picture.zones, ground_points: picture.points };
  const heading = byId("heading").value;
  body.heading_deg = heading === "" ? null : ((Number(heading) % 360) + 360) % 360;
  const saved = byId("saved");
  byId("save").disabled = true;
  try {
    state.told = await putPlacement(state.camera, body);
    adopt(state.told.current);
    saved.dataset.state = "good";
    saved.textContent = t("placing.saved");
  } catch (error) {
    saved.dataset.state = "wrong";
    saved.textContent = t("placing.refused", { reason: error.message });
  }
  showAll();
}

function showAll() {
  if (!state.told) return;
  picture.grid = byId("grid").checked && state.fit ? state.fit.grid : [];
  picture.draw();
  map.show(state.place, picture.points);
  byId("camera-place").textContent = state.told.name;
  byId("captured").textContent = state.captured ? t("placing.captured", { time: clock(state.captured) }) : "";
  document.querySelector(".map-box").dataset.wanted = String(Boolean(picture.pending));
  byId("hint").textContent = hint();
  byId("save").disabled = !state.changed || Boolean(picture.pending) || Boolean(state.fit?.error)
    || (picture.points.length > 0 && picture.points.length < 4);
  showTools();
  showZones();
  showPoints();
  showFit();
  showHistory();
}

const clock = (time) => new Date(time).toLocaleString(language, { timeZone: state.site.timezone });

function hint() {
  if (picture.pending) return t("placing.hint.map");
  if (picture.tool === "point") return t("placing.hint.point");
  if (picture.tool === "gate_line") return t("placing.hint.line");
  if (picture.tool) return t("placing.hint.polygon");
  if (state.told.asked) return t("placing.hint.asked");
  return t("placing.hint.choose");
}

function showTools() {
  byId("toolbar").replaceChildren(...TOOLS.map((tool) => h("button", {
    type: "button", class: `kind-${tool}`, "data-tool": tool, "aria-pressed": String(picture.tool === tool),
    onclick: () => { picture.pending = null; picture.use(picture.tool === tool ? null : tool); showAll(); },
  }, h("i", { "aria-hidden": "true" }), h("span", {}, word(tool)))));
}

function word(kind) {
  if (kind === "road") return t("placing.road");
  if (kind === "no_dump") return t("placing.no_dump");
  return kind === "gate_line" ? t("placing.gate_line") : t("placing.point");
}

const none = (text) => h("li", { class: "none" }, text);

function showZones() {
  const rows = picture.zones.map((zone, number) => h("li", { class: `kind-${zone.kind}${number === picture.chosen ? " chosen" : ""}`, onclick: () => { picture.chosen = number; showAll(); } },
    h("i", { "aria-hidden": "true" }),
    h("span", {}, `${word(zone.kind)} · ${zone.id}`),
    zone.kind === "gate_line" && h("button", { type: "button", class: "flip", onclick: (event) => { event.stopPropagation(); zone.inside = zone.inside === "left" ? "right" : "left"; changed(); } }, t("placing.flip")),
    h("button", { type: "button", class: "remove", onclick: (event) => { event.stopPropagation(); picture.zones.splice(number, 1); picture.chosen = -1; changed(); } }, t("placing.remove"))));
  byId("zones").replaceChildren(...(rows.length ? rows : [none(t("placing.no_zones"))]));
}

function showPoints() {
  const residuals = state.fit?.residuals_m ?? [];
  const rows = picture.points.map((_point, index) => h("li", { class: "kind-point" },
    h("i", { "aria-hidden": "true" }),
    h("span", {}, t("placing.point_number", { number: index + 1 })),
    residuals.length === picture.points.length && h("output", { class: residuals[index] > 1.5 ? "off" : "" }, t("placing.metres", { m: residuals[index].toFixed(2) })),
    h("button", { type: "button", class: "remove", onclick: () => { picture.points.splice(index, 1); changed(); } }, t("placing.remove"))));
  byId("points").replaceChildren(...(rows.length ? rows : [none(t("placing.no_points"))]));
}

function showFit() {
  const element = byId("fit"), fit = state.fit;
  if (!fit || picture.points.length === 0) [element.dataset.state, element.textContent] = ["", ""];
  else if (fit.too_few) [element.dataset.state, element.textContent] = ["", t("placing.too_few")];
  else if (fit.error) [element.dataset.state, element.textContent] = ["wrong", t("placing.no_fit")];
  else {
    const worst = Math.max(...fit.residuals_m).toFixed(2);
    element.dataset.state = fit.rough ? "rough" : "good";
    element.textContent = picture.points.length === 4 ? t("placing.fit_exact") : t(fit.rough ? "placing.fit_rough" : "placing.fit_good", { m: worst });
  }
}

function showHistory() {
  const rows = state.told.history.map((entry) => h("li", {},
    h("span", {}, `${clock(entry.placed_at)} · ${entry.state === "asked" ? t("placing.asked") : entry.placed_by}`),
    entry.state === "drawn" && h("button", { type: "button", onclick: () => { adopt(entry); state.changed = true; showAll(); } }, t("placing.take"))));
  byId("history").replaceChildren(...(rows.length ? rows : [none(t("placing.first"))]));
}

async function begin() {
  await useLanguage(keptLanguage() ?? "zh-CN");
  const speak = () => { byId("language").textContent = language === "en" ? "中文" : "English"; };
  speak();
  byId("language").addEventListener("click", async () => { await useLanguage(nextLanguage()); speak(); showAll(); });
  byId("refresh").addEventListener("click", newPicture);
  byId("grid").addEventListener("change", showAll);
  byId("save").addEventListener("click", save);
  byId("reset").addEventListener("click", () => adopt(state.told.current));
  byId("heading").addEventListener("input", () => {
    const value = byId("heading").value;
    state.place.heading_deg = value === "" ? null : Number(value);
    changed();
  });
  state.site = await guarded(getSite);
  if (!state.site) return;
  map.showSite(state.site);
  const cameras = state.site.cameras.features.map(({ properties }) => properties);
  byId("camera").replaceChildren(...cameras.map(({ id, name }) => h("option", { value: id }, name)));
  byId("camera").addEventListener("change", (event) => load(event.target.value));
  const wanted = new URLSearchParams(location.search).get("camera");
  const chosen = cameras.some(({ id }) => id === wanted) ? wanted : cameras[0]?.id;
  if (!chosen) return;
  byId("camera").value = chosen;
  await load(chosen);
}

begin();
