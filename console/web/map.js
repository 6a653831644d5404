// The district's map: our own vector basemap, zones, routes, cameras, trucks, alerts.
import L from "./leaflet.js";
import { joinedByName, sector } from "./geo.js";
import { RoadName, Truck } from "./glyphs.js";
import { conditionOf, faultsOf } from "./camera_card.js";
import { t } from "./i18n.js";
import { CAMERA, ROUTE, VEHICLE, ZONE } from "./palette.js";

const LABELS_FROM_ZOOM = 15;
const STALE_AFTER_S = 300;
const GLIDE_MS = 900;
const GLIDE_FURTHER_NOT_M = 400; // a jump is shown as a jump
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

export class DistrictMap {
  constructor(element, { onVehicle, onCamera }) {
    this.onVehicle = onVehicle;
    this.onCamera = onCamera;
    this.map = L.map(element, {
      preferCanvas: true, zoomControl: false, attributionControl: false,
      zoomSnap: 0.25, zoomDelta: 0.5, minZoom: 10, maxZoom: 19,
    });
    L.control.zoom({ position: "topleft" }).addTo(this.map);
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(this.map);
    const ground = this.map.createPane("ground");
    ground.style.zIndex = 250;
    ground.style.pointerEvents = "none";
    const names = this.map.createPane("names"); // below all that moves
    names.style.zIndex = 350;
    names.style.pointerEvents = "none";
    this.ground = L.canvas({ pane: "ground", padding: 0.4 });
    this.moving = L.canvas({ padding: 0.4 });
    this.trucks = new Map();
    this.cameras = new Map();
    this.zones = [];
    this.rings = new Map();
    this.map.on("zoomend", () => this.relabel());
    this.vehicleOf = new Map();
  }

  showSite(site) {
    this.vehicleOf = new Map(site.vehicles.map((vehicle) => [vehicle.vehicle_id, vehicle]));
    const style = (options) => ({ pane: "ground", renderer: this.ground, interactive: false, ...options });
    this.lookAt(L.geoJSON({ type: "FeatureCollection", features: [...site.roads.features, ...site.zones.features] }).getBounds());
    L.geoJSON(site.roads, { style: style({ color: "#1d2937", weight: 9, opacity: 1 }) }).addTo(this.map);
    L.geoJSON(site.roads, { style: style({ color: "#31425a", weight: 5.5, opacity: 1 }) }).addTo(this.map);
    for (const feature of site.routes.features) {
      const color = ROUTE[feature.properties.kind];
      L.geoJSON(feature, { style: style({ color, weight: 11, opacity: 0.1 }) }).addTo(this.map);
      L.geoJSON(feature, { style: style({ color, weight: 1.5, opacity: 0.6, dashArray: "6 5" }) }).addTo(this.map);
    }
    for (const { name, line } of joinedByName(site.roads)) {
      new RoadName(line.map(([lon, lat]) => [lat, lon]), style({ name, fill: false, smoothFactor: 0 })).addTo(this.map);
    }
    const zones = L.geoJSON(site.zones, {
      renderer: this.moving,
      style: ({ properties }) => ({ weight: 1.5, opacity: 0.9, renderer: this.moving, ...ZONE[properties.kind] }),
    }).addTo(this.map);
    zones.eachLayer((layer) => {
      const { name, kind, id } = layer.feature.properties;
      if (kind === "work_area") return; // it lies under everything else
      this.zones.push({ id, layer });
      const centre = layer.getBounds().getCenter();
      const hidden = site.cameras.features.some(({ geometry: { coordinates: [lon, lat] } }) => centre.distanceTo([lat, lon]) < 120);
      const tip = L.tooltip({ pane: "names", permanent: true, direction: "center", offset: [0, hidden ? -24 : 0], className: `zone-name ${kind}`, opacity: 1 });
      layer.bindTooltip(tip.setContent(name));
    });
    for (const feature of site.cameras.features) this.addCamera(feature);
    this.relabel();
  }

  // Before anything is drawn: Leaflet's shapes need a view.
  lookAt(bounds) {
    if (bounds.isValid()) this.map.fitBounds(bounds, { padding: [24, 24] });
    else this.map.setView([31.7, 119.94], 13);
  }

  addCamera({ properties, geometry }) {
    const [lon, lat] = geometry.coordinates;
    const icon = L.divIcon({
      className: "camera", iconSize: [26, 26],
      html: '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 7h11a2 2 0 0 1 2 2v1.5l4.2-2.6v8.2L16 13.5V15a2 2 0 0 1-2 2H3z"/></svg>',
    });
    const marker = L.marker([lat, lon], { icon, keyboard: true, alt: properties.name, title: properties.name }).addTo(this.map);
    marker.on("click", () => this.onCamera(properties.id));
    this.cameras.set(properties.id, { marker, name: properties.name, view: null });
    this.point(this.cameras.get(properties.id), { lon, lat, heading_deg: properties.heading_deg }, CAMERA.unknown);
  }

  // What it looks at, as it is placed now.
  point(camera, { lon, lat, heading_deg: heading }, color) {
    const told = JSON.stringify([lon, lat, heading, color]);
    if (camera.told === told) return;
    camera.told = told;
    camera.marker.setLatLng([lat, lon]);
    camera.view?.remove();
    camera.view = heading === null ? null : L.polygon(sector(lon, lat, heading), {
      pane: "ground", renderer: this.ground, interactive: false, weight: 0, fillColor: color, fillOpacity: 0.24,
    }).addTo(this.map);
  }

  showCameraStates(states) {
    for (const told of states) {
      const camera = this.cameras.get(told.camera_id);
      if (!camera) continue;
      const element = camera.marker.getElement(), faulty = faultsOf(told).length > 0;
      element.dataset.state = told.state;
      element.dataset.faulty = String(faulty);
      element.dataset.asked = String(told.placement_asked);
      element.title = `${camera.name} · ${conditionOf(told)}`;
      if (told.lon !== null) this.point(camera, told, faulty && told.state === "online" ? CAMERA.faulty : CAMERA[told.state]);
    }
  }

  showPositions(positions) {
    for (const position of positions) {
      const vehicle = this.vehicleOf.get(position.vehicle_id);
      const to = L.latLng(position.lat, position.lon);
      const course = position.speed_kmh === null || position.speed_kmh >= 3 ? position.course_deg : null;
      const options = {
        color: VEHICLE[vehicle?.kind] ?? VEHICLE.unknown, course,
        label: vehicle?.plate ?? position.vehicle_id, stale: false,
      };
      let truck = this.trucks.get(position.vehicle_id);
      if (!truck) {
        const glyph = new Truck(to, { renderer: this.moving, radius: 11, offends: false, ...options }).addTo(this.map);
        glyph.bindTooltip(() => this.describe(position.vehicle_id), { className: "truck-tip", direction: "top", offset: [0, -10] });
        glyph.on("click", () => this.onVehicle(position.vehicle_id));
        truck = { glyph, from: to, to, since: 0 };
        this.trucks.set(position.vehicle_id, truck);
        this.label(glyph);
      } else {
        L.setOptions(truck.glyph, options);
        truck.from = truck.glyph.getLatLng();
        truck.to = to;
        truck.since = performance.now();
        if (still || truck.from.distanceTo(to) > GLIDE_FURTHER_NOT_M) truck.glyph.setLatLng((truck.from = to));
      }
      truck.position = position;
    }
    this.glide();
  }

  glide() {
    if (this.gliding) return;
    const step = (now) => {
      let moves = false;
      for (const truck of this.trucks.values()) {
        if (truck.from === truck.to) continue;
        const f = Math.min(1, (now - truck.since) / GLIDE_MS);
        truck.glyph.setLatLng([
          truck.from.lat + (truck.to.lat - truck.from.lat) * f,
          truck.from.lng + (truck.to.lng - truck.from.lng) * f,
        ]);
        if (f === 1) truck.from = truck.to;
        else moves = true;
      }
      this.gliding = moves;
      if (moves) setTimeout(() => requestAnimationFrame(step), 60); // a monitoring room's wall needs no 60 Hz
    };
    this.gliding = true;
    requestAnimationFrame(step);
  }

  describe(vehicleId) {
    const vehicle = this.vehicleOf.get(vehicleId);
    const { position } = this.trucks.get(vehicleId);
    const lines = [
      vehicle ? `${vehicle.plate} · ${t(`vehicle.${vehicle.kind}`)}` : vehicleId,
      vehicle?.company ?? t("vehicle.unregistered"),
      position.speed_kmh === null ? "" : `${Math.round(position.speed_kmh)} km/h`,
      [position.load && t(`load.${position.load}`), position.lid && t(`lid.${position.lid}`),
        position.body_raised && t("body.raised"), ...position.work.map((work) => t(`work.${work}`))].filter(Boolean).join(" · "),
    ];
    const box = document.createElement("div");
    for (const line of lines.filter(Boolean)) box.appendChild(document.createElement("div")).textContent = line;
    return box;
  }

  label(glyph) {
    const labelled = glyph.options.offends || this.map.getZoom() >= LABELS_FROM_ZOOM;
    if (glyph.options.labelled !== labelled) L.setOptions(glyph, { labelled });
    glyph.redraw();
  }

  relabel() {
    const zoom = this.map.getZoom();
    this.map.getContainer().classList.toggle("far", zoom < 13.5);
    for (const { glyph } of this.trucks.values()) this.label(glyph);
  }

  // Those whose alert goes on, and those whose last fix is old.
  mark(offending, now) {
    for (const [vehicleId, { glyph, position }] of this.trucks) {
      const offends = offending.has(vehicleId);
      const stale = (now - new Date(position.fix_time)) / 1000 > STALE_AFTER_S;
      if (glyph.options.offends === offends && glyph.options.stale === stale) continue;
      L.setOptions(glyph, { offends, stale });
      this.label(glyph);
      if (offends) glyph.bringToFront();
    }
  }

  online(now) {
    return [...this.trucks.values()].filter(({ position }) => (now - new Date(position.fix_time)) / 1000 <= STALE_AFTER_S).length;
  }

  // Rings where alerts wait for somebody.
  showAlerts(alerts) {
    const wanted = new Map(alerts.map((alert) => [alert.alert_id, alert]));
    for (const [id, ring] of this.rings) {
      if (!wanted.has(id)) {
        ring.remove();
        this.rings.delete(id);
      }
    }
    for (const [id, { lat, lon, severity }] of wanted) {
      if (this.rings.has(id)) continue;
      const icon = L.divIcon({ className: `alert-ring ${severity}`, iconSize: [34, 34], html: "<i></i>" });
      this.rings.set(id, L.marker([lat, lon], { icon, interactive: false, keyboard: false }).addTo(this.map));
    }
  }

  flyToCamera(id) {
    const camera = this.cameras.get(id);
    if (!camera) return;
    this.go(camera.marker.getLatLng());
    for (const [other, { marker }] of this.cameras) marker.getElement().classList.toggle("chosen", other === id);
  }

  go(target) {
    const zoom = Math.max(this.map.getZoom(), 15.5);
    if (still) this.map.setView(target, zoom);
    else this.map.flyTo(target, zoom, { duration: 0.8 });
  }

  flyTo(alert) {
    const truck = alert.ended_at === null && this.trucks.get(alert.vehicle_id);
    const target = truck ? truck.glyph.getLatLng() : [alert.lat, alert.lon];
    this.go(target);
    for (const [id, ring] of this.rings) ring.getElement()?.classList.toggle("chosen", id === alert.alert_id);
  }
}
