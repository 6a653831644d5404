// One trip or round laid over the map: its track, stops and alerts, or its segments by state.
import { kindName } from "./alert_card.js";
import { h } from "./dom.js";
import { hourMinute, minutes } from "./format.js";
import { bearing } from "./geo.js";
import L from "./leaflet.js";
import { t } from "./i18n.js";
import { SEGMENT, TRACK } from "./palette.js";
import { segmentFigures } from "./round_card.js";

const ARROWS = [0.2, 0.4, 0.6, 0.8]; // shares of the way at which its direction is shown

export class Focus {
  constructor(map, box, { onClose, onAlert }) {
    Object.assign(this, { map, box, onClose, onAlert });
    this.renderer = L.svg({ pane: map.createPane("focus"), padding: 0.5 });
    map.getPane("focus").style.zIndex = 450; // above trucks and zones, below markers
    this.layer = L.layerGroup().addTo(map);
    this.segments = [];
  }

  // Done with it: the map is as it was before.
  close() {
    this.clear();
    if (this.before) this.map.setView(...this.before, { animate: false });
    this.before = null;
  }

  clear() {
    this.layer.clearLayers();
    this.segments = [];
    this.box.hidden = true;
    this.map.getContainer().classList.remove("focused");
  }

  line(points, options) {
    const style = { pane: "focus", renderer: this.renderer, lineCap: "round", lineJoin: "round", interactive: false, ...options };
    return L.polyline(points, style).addTo(this.layer);
  }

  cased(points, color, weight) {
    this.line(points, { color: "#05090e", weight: weight + 4, opacity: 0.9 });
    return this.line(points, { color, weight, opacity: 1 });
  }

  mark([lat, lon], className, text, tip, onClick) {
    const marker = L.marker([lat, lon], {
      icon: L.divIcon({ className: `mark ${className}`, html: "<b></b>", iconSize: null }), keyboard: false, interactive: Boolean(tip), zIndexOffset: 2000, riseOnHover: true,
    }).addTo(this.layer);
    marker.getElement().firstChild.textContent = text;
    if (tip) marker.bindTooltip(tip, { direction: "top", className: "truck-tip", offset: [0, -10] });
    if (onClick) marker.on("click", onClick);
    return marker;
  }

  alerts(alerts) {
    for (const alert of alerts) {
      this.mark([alert.lat, alert.lon], `alarm ${alert.severity}`, "!", lines(kindName(alert.kind), clock(alert.started_at)), () => this.onAlert(alert));
    }
  }

  show(title, key, bounds, fit) {
    const item = ([name, text]) => h("li", { class: name }, h("i", { "aria-hidden": "true" }), text);
    this.box.replaceChildren(h("b", {}, title), h("ul", {}, key.map(item)),
      h("button", { type: "button", "aria-label": t("focus.close"), title: t("focus.close"), onclick: () => this.onClose() }, "×"));
    this.box.hidden = false;
    this.map.getContainer().classList.add("focused");
    if (!fit || !bounds.isValid()) return;
    this.before ??= [this.map.getCenter(), this.map.getZoom()];
    const legend = document.querySelector("#legend[open]");
    this.map.fitBounds(bounds, { paddingTopLeft: [40 + (legend?.offsetWidth ?? 0), 80], paddingBottomRight: [40, 40], maxZoom: 16, animate: false });
  }

  // corridors: the GeoJSON features of the permit's routes
  showTrip({ trip, track, stops, alerts }, corridors, title, fit) {
    this.clear();
    for (const feature of corridors) {
      L.geoJSON(feature, { style: { pane: "focus", renderer: this.renderer, interactive: false, color: TRACK.permitted, weight: 14, opacity: 0.22 } }).addTo(this.layer);
    }
    const left = Date.parse(trip.left_at), arrived = trip.arrived_at ? Date.parse(trip.arrived_at) : Infinity;
    const phase = ({ time }) => { const at = Date.parse(time); return at < left ? "loading" : at > arrived ? "unloading" : "laden"; };
    const laden = [];
    for (const { points } of track) {
      for (let i = 0, j; i < points.length; i = j) {
        for (j = i + 1; j < points.length && phase(points[j]) === phase(points[i]);) j++;
        const part = points.slice(i, j + 1).map(place);
        this.cased(part, TRACK[phase(points[i])], phase(points[i]) === "laden" ? 4.5 : 3);
        if (phase(points[i]) === "laden") laden.push(part);
      }
    }
    for (let i = 1; i < track.length; i++) {
      const from = track[i - 1].points.at(-1), to = track[i].points[0];
      this.line([place(from), place(to)], { color: TRACK.gap, weight: 3, dashArray: "3 9", interactive: true })
        .bindTooltip(lines(t("focus.gap"), span(from.time, to.time)), { sticky: true, className: "truck-tip" });
    }
    for (const part of laden) this.arrows(part);
    for (const stop of stops) {
      const time = minutes((Date.parse(stop.ended_at) - Date.parse(stop.began_at)) / 1000);
      if (Date.parse(stop.began_at) >= arrived) continue; // unloading is no stop on the way
      this.mark([stop.lat, stop.lon], "stop", t("focus.stop"), lines(t("focus.stopped", { time }), span(stop.began_at, stop.ended_at)));
    }
    const points = track.flatMap((stretch) => stretch.points);
    if (points.length) {
      this.mark(place(points[0]), "begin", t("focus.begin"), lines(t("trip.began"), clock(trip.began_at)));
      const ended = trip.ended_at !== null, last = points.at(-1);
      if (ended) this.mark(place(last), `end ${trip.outcome}`, t("focus.end"), lines(t(`outcome.${trip.outcome}`), clock(trip.ended_at)));
    }
    this.alerts(alerts);
    const key = [corridors.length && ["permitted", t("focus.permitted")], ["loading", t("focus.loading")], ["laden", t("focus.laden")], trip.arrived_at && ["unloading", t("focus.unloading")], track.length > 1 && ["gap", t("focus.gap")]];
    this.show(title, key.filter(Boolean), L.latLngBounds(points.length ? points.map(place) : [[trip.lat, trip.lon]]), fit);
  }

  // One passage before a camera: where the vehicle went, and where it was when it passed.
  showPassage(seen, track, title, fit) {
    this.clear();
    const points = track.filter(({ lon }) => lon !== null).map(place);
    if (points.length > 1) this.cased(points, TRACK.laden, 4.5);
    this.markPassage(seen, title);
    this.show(title, points.length > 1 ? [["laden", t("focus.passage_way")]] : [], L.latLngBounds([...(points.length > 1 ? points : []), place(seen)]), fit);
  }

  markPassage(seen, title) {
    this.mark(place(seen), "passed", t("focus.passed"), lines(title));
  }

  arrows(line) {
    const length = [0];
    for (let i = 1; i < line.length; i++) length.push(length[i - 1] + this.map.distance(line[i - 1], line[i]));
    if (length.at(-1) < 500) return;
    for (const share of ARROWS) {
      const i = length.findIndex((m) => m >= share * length.at(-1));
      const [a, b] = [line[Math.max(0, i - 2)], line[Math.min(line.length - 1, i + 1)]];
      const html = `<svg viewBox="0 0 16 16" aria-hidden="true"><path transform="rotate(${bearing(a, b).toFixed(0)} 8 8)" d="M8 1l5.5 13L8 10.8 2.5 14z"/></svg>`;
      L.marker(line[i], { icon: L.divIcon({ className: "mark arrow", html, iconSize: [16, 16] }), interactive: false, keyboard: false }).addTo(this.layer);
    }
  }

  showRound({ round, segments, tracks, alerts }, title, fit) {
    this.clear();
    for (const { track } of tracks) for (const { points } of track) this.line(points.map(place), { color: TRACK.work, weight: 1.5, opacity: 0.55 });
    const bounds = L.latLngBounds([]);
    this.segments = segments.map((segment) => {
      if (!segment.geometry) return null;
      const points = segment.geometry.coordinates.map(([lon, lat]) => [lat, lon]);
      this.line(points, { color: "#05090e", weight: 11, opacity: 0.85, lineCap: "butt" });
      const name = segment.name || t("segment.number", { number: segment.segment + 1 });
      const drawn = this.line(points, { color: SEGMENT[segment.state], weight: 6, interactive: true, lineCap: "butt" })
        .bindTooltip(lines(`${name} · ${t(`segment.${segment.state}`)}`, segmentFigures(segment)), { sticky: true, className: "truck-tip" });
      bounds.extend(drawn.getBounds());
      return drawn;
    });
    this.alerts(alerts);
    const there = new Set(segments.map(({ state }) => state));
    this.show(title, Object.keys(SEGMENT).filter((state) => there.has(state)).map((state) => [state, t(`segment.${state}`)]), bounds, fit);
    this.box.dataset.state = round.state;
  }

  highlight(index, fly) {
    this.segments.forEach((line, i) => line?.setStyle({ weight: i === index ? 12 : 6 }));
    const line = this.segments[index];
    line?.bringToFront();
    if (line && fly) this.map.fitBounds(line.getBounds(), { maxZoom: 16.5, padding: [80, 80], animate: false });
  }
}

const place = ({ lat, lon }) => [lat, lon];
const clock = (iso) => hourMinute(new Date(iso));
const span = (from, to) => `${clock(from)}–${clock(to)}`;

function lines(...texts) {
  const box = document.createElement("div");
  for (const text of texts) box.appendChild(document.createElement("div")).textContent = text;
  return box;
}
