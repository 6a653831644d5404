// The map: the site's own roads, zones and routes, all alerts, and the track about the chosen one.
import * as L from "leaflet";
import { clock } from "format";
import { el, t } from "words";

const ZONE = { site: "#e0761f", ground: "#5aa025", transfer_station: "#1497a8", hotspot: "#d8334f", restricted: "#c23aa8", depot: "#7b8898", work_area: "#5b7fc7" };
const ROUTE = { corridor: "#d9a514", sweep: "#3b8fd4", wash: "#17a889", collect: "#8a63d2" };
const SEVERITY = { serious: "#cf2237", warning: "#d97908", notice: "#3576d6" };
const BY = { a: "#7c3aed", both: "#64748b", b: "#0891b2" };
const PHASE = ["#6b7b8e", "#cf2237", "#6b7b8e"]; // before, during, after
const NAMED_ZONES = 150;
const ARROWS = 14;
const CROWD = 800; // so many dots are drawn smaller
const DEGREE = 1e5;

const places = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i + 1], flat[2 * i]]);

export class AlertMap {
  constructor(node, data, onChoose) {
    this.compared = data.comparison !== null;
    this.onChoose = onChoose;
    this.map = L.map(node, { preferCanvas: true, zoomSnap: 0.25, zoomControl: false, attributionControl: true });
    L.control.zoom({ position: "topright" }).addTo(this.map);
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(this.map);
    const canvas = (name, z, events) => {
      this.map.createPane(name).style.zIndex = z;
      if (!events) this.map.getPane(name).style.pointerEvents = "none";
      return L.canvas({ pane: name, padding: 0.3, tolerance: 4 });
    };
    this.ground = canvas("ground", 300, false);
    this.trackCanvas = canvas("track", 420, false);
    this.dots = canvas("dots", 440, true);
    this.marks = L.layerGroup().addTo(this.map);
    this.track = L.layerGroup().addTo(this.map);
    this.markers = new Map();
    const bounds = this.drawGround(data.map);
    for (const alert of data.alerts) bounds.extend([alert.at[1], alert.at[0]]);
    this.whole = bounds.isValid() ? bounds.pad(0.03) : L.latLngBounds([[31, 119], [32, 120]]);
    this.map.fitBounds(this.whole, { animate: false });
    this.map.on("zoomend", () => this.declutter());
    this.declutter();
    this.legend = L.control({ position: "bottomleft" });
    this.legend.onAdd = () => this.legendNode = el("details", { class: "legend", open: true });
    this.legend.addTo(this.map);
  }

  drawGround(site) {
    const bounds = L.latLngBounds([]);
    const add = (layer) => { layer.addTo(this.map); bounds.extend(layer.getBounds()); };
    const plain = { renderer: this.ground, interactive: false };
    const roads = site.roads.map((road) => places(road.line));
    add(L.polyline(roads, { ...plain, color: "#c8d0da", weight: 6, opacity: 1, smoothFactor: 0.5 }));
    add(L.polyline(roads, { ...plain, color: "#ffffff", weight: 4, opacity: 1, smoothFactor: 0.5 }));
    const route = (r, dashed) => {
      const color = dashed ? BY.b : ROUTE[r.kind];
      for (const rings of r.polygons) add(L.polygon(rings.map(places), { ...plain, stroke: dashed, dashArray: "5 5", weight: 1.5, color, fillOpacity: dashed ? 0.05 : 0.2 }));
      add(L.polyline(r.lines.map(places), { ...plain, color, weight: 1.5, opacity: 0.9, dashArray: dashed ? "5 5" : null }));
    };
    const zone = (z, dashed) => {
      for (const rings of z.polygons) add(L.polygon(rings.map(places), { ...plain, color: dashed ? BY.b : ZONE[z.kind], weight: z.kind === "work_area" ? 1.5 : 2, fillOpacity: dashed ? 0.05 : z.kind === "work_area" ? 0.03 : 0.14, dashArray: dashed || z.kind === "restricted" || z.kind === "work_area" ? "6 4" : null }));
    };
    site.routes.forEach((r) => route(r, false));
    site.zones.forEach((z) => zone(z, false));
    (site.other_routes ?? []).forEach((r) => route(r, true));
    (site.other_zones ?? []).forEach((z) => zone(z, true));
    for (const z of site.zones.slice(0, NAMED_ZONES)) {
      if (!z.polygons.length) continue;
      const centre = L.latLngBounds(places(z.polygons[0][0])).getCenter();
      L.tooltip(centre, { permanent: true, direction: "center", className: `name ${z.kind}`, content: z.name, interactive: false }).addTo(this.map);
    }
    this.kinds = { zones: [...new Set(site.zones.map((z) => z.kind))], routes: [...new Set(site.routes.map((r) => r.kind))], other: (site.other_zones?.length ?? 0) + (site.other_routes?.length ?? 0) > 0 };
    return bounds;
  }

  declutter() {
    const zoom = this.map.getZoom();
    this.map.getContainer().classList.toggle("far", zoom < 14);
    this.map.getContainer().classList.toggle("very-far", zoom < 12);
  }

  drawLegend() {
    const line = (color, text, kind = "") => el("div", {}, el("i", { class: kind, style: kind === "dot" ? `background:${color}` : `border-color:${color}` }), text);
    const alerts = this.compared ? Object.entries(BY).map(([by, color]) => line(color, t(`by.${by}`), "dot"))
      : Object.entries(SEVERITY).map(([severity, color]) => line(color, t(`severity.${severity}`), "dot"));
    this.legendNode.replaceChildren(
      el("summary", {}, t("legend.title")),
      ...alerts,
      line(PHASE[1], t("legend.during")), line(PHASE[0], t("legend.around")), line("#6b7b8e", t("legend.gap"), "gap"),
      ...this.kinds.routes.map((kind) => line(ROUTE[kind], t(`route.${kind}`))),
      ...this.kinds.zones.map((kind) => line(ZONE[kind], t(`zone.${kind}`), "area")),
      ...(this.kinds.other ? [line(BY.b, t("legend.other"), "area")] : []),
    );
  }

  // Dots of these alerts and no others.
  show(alerts) {
    this.marks.clearLayers();
    this.markers.clear();
    for (const alert of alerts) {
      const color = this.compared ? BY[alert.by] : SEVERITY[alert.severity];
      const dot = L.circleMarker([alert.at[1], alert.at[0]], { renderer: this.dots, radius: alerts.length > CROWD ? 4 : 5.5, color: "#fff", weight: alerts.length > CROWD ? 1 : 1.5, fillColor: color, fillOpacity: 0.9 });
      dot.on("click", () => this.onChoose(alert));
      this.markers.set(alert, dot);
      this.marks.addLayer(dot);
    }
  }

  choose(alert) {
    this.track.clearLayers();
    if (!alert) return;
    const place = [alert.at[1], alert.at[0]];
    const bounds = L.latLngBounds([place]);
    const drawn = { renderer: this.trackCanvas, interactive: false, lineCap: "round", lineJoin: "round", smoothFactor: 0 };
    const parts = alert.track.map(unpacked);
    let before = null;
    for (const { phase, points } of parts) {
      const line = points.map((p) => [p.lat, p.lon]);
      if (before && points[0].t > before.t && (before.lat !== points[0].lat || before.lon !== points[0].lon)) {
        L.polyline([[before.lat, before.lon], line[0]], { ...drawn, color: PHASE[0], weight: 3, dashArray: "1 7" }).addTo(this.track);
      }
      L.polyline(line, { ...drawn, color: "#fff", weight: phase === 1 ? 9 : 7, opacity: 0.9 }).addTo(this.track);
      L.polyline(line, { ...drawn, color: PHASE[phase], weight: phase === 1 ? 5 : 3.5 }).addTo(this.track);
      line.forEach((p) => bounds.extend(p));
      before = points.at(-1);
    }
    this.drawArrows(parts);
    this.stamp(parts, alert);
    L.circleMarker(place, { renderer: this.trackCanvas, radius: 9, color: "#17222e", weight: 3, fill: false, interactive: false }).addTo(this.track);
    this.map.fitBounds(bounds.pad(0.18), { maxZoom: 16.5, animate: false });
  }

  // Where it was first and last, and where the alert began and ended, with the time.
  stamp(parts, alert) {
    if (!parts.length) return;
    const stamp = (p, word, soft, at = alert.started + p.t) => L.tooltip([p.lat, p.lon], { permanent: true, direction: soft ? "bottom" : "top", offset: [0, soft ? 8 : -8], className: `stamp ${soft ? "soft" : ""}`, content: `${clock(at)} ${word}` }).addTo(this.track);
    const during = parts.filter((part) => part.phase === 1);
    const first = parts[0].points[0], last = parts.at(-1).points.at(-1);
    if (during.length) {
      const began = during[0].points[0], ended = during.at(-1).points.at(-1);
      if (parts[0].phase === 0) stamp(first, t("track.first"), true);
      // Of one that lasts longer than is drawn, the end is not the end.
      const over = alert.ended !== null && ended.t >= alert.ended - alert.started - 1;
      stamp(began, t("track.began"), false, alert.started);
      if (ended.t - began.t > 1 && (ended.lat !== began.lat || ended.lon !== began.lon)) stamp(ended, t(over ? "track.ended" : "track.goes_on"), false, over ? alert.ended : undefined);
      if (parts.at(-1).phase === 2) stamp(last, t("track.last"), true);
    } else {
      stamp(first, t("track.first"), true);
      stamp(last, t("track.last"), true);
    }
  }

  // Small triangles along the track in the direction of driving.
  drawArrows(parts) {
    const steps = [];
    for (const { phase, points } of parts) {
      for (let i = 1; i < points.length; i++) {
        const a = points[i - 1], b = points[i];
        const east = (b.lon - a.lon) * Math.cos((a.lat * Math.PI) / 180), north = b.lat - a.lat;
        const metres = Math.hypot(east, north) * 111195;
        if (metres > 40) steps.push({ phase, metres, lat: (a.lat + b.lat) / 2, lon: (a.lon + b.lon) / 2, turn: (Math.atan2(east, north) * 180) / Math.PI });
      }
    }
    steps.sort((a, b) => b.metres - a.metres);
    const bounds = L.latLngBounds(steps.map((s) => [s.lat, s.lon]));
    const apart = steps.length ? bounds.getSouthWest().distanceTo(bounds.getNorthEast()) / (2 * ARROWS) : 0;
    const chosen = [];
    for (const s of steps) {
      if (chosen.length < ARROWS && chosen.every((c) => L.latLng(c).distanceTo(s) > apart)) chosen.push(s);
    }
    for (const s of chosen) {
      const shape = `<svg width="14" height="14" viewBox="-7 -7 14 14"><path transform="rotate(${s.turn.toFixed(0)})" d="M0 -6 L5 5 L0 2.5 L-5 5 Z" fill="#fff" stroke="${PHASE[s.phase]}" stroke-width="1.5"/></svg>`;
      L.marker([s.lat, s.lon], { icon: L.divIcon({ className: "arrow", html: shape, iconSize: [14, 14] }), interactive: false, keyboard: false }).addTo(this.track);
    }
  }

  resized() { this.map.invalidateSize({ animate: false }); }
}

// [phase, lon, lat, t, differences …] as {phase, points: [{lon, lat, t}]}.
function unpacked([phase, ...flat]) {
  const points = [];
  let lon = 0, lat = 0, at = 0;
  for (let i = 0; i < flat.length; i += 3) {
    lon += flat[i]; lat += flat[i + 1]; at += flat[i + 2];
    points.push({ lon: lon / DEGREE, lat: lat / DEGREE, t: at });
  }
  return { phase, points };
}
