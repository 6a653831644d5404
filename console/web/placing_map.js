// The map beside the picture: roads to find one's way by, the camera, the ground points.
import L from "./leaflet.js";
import { sector } from "./geo.js";

export class PlacingMap {
  constructor(element, { onPoint, onMove, onCamera }) {
    Object.assign(this, { onMove, onCamera });
    this.map = L.map(element, { preferCanvas: true, attributionControl: false, zoomSnap: 0.25, zoomDelta: 0.5, minZoom: 10, maxZoom: 22 });
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(this.map);
    this.marks = L.layerGroup().addTo(this.map);
    this.map.on("click", ({ latlng }) => onPoint(latlng.lng, latlng.lat));
  }

  showSite(site) {
    const style = (color, weight) => ({ style: { color, weight, interactive: false } });
    L.geoJSON(site.roads, style("#25364a", 10)).addTo(this.map);
    L.geoJSON(site.roads, style("#40566f", 1.5)).addTo(this.map);
    L.geoJSON(site.zones, { style: ({ properties }) => ({ color: "#7f92a6", weight: 1, fillOpacity: properties.kind === "site" ? 0.12 : 0.03, interactive: false }) }).addTo(this.map);
  }

  lookAt(lon, lat) {
    this.map.invalidateSize();
    this.map.setView([lat, lon], 19.5, { animate: false });
  }

  show({ lon, lat, heading_deg: heading }, points) {
    this.marks.clearLayers();
    if (heading !== null && heading !== undefined) {
      L.polygon(sector(lon, lat, heading, 60, 55), { color: "#4c9dff", weight: 1, fillOpacity: 0.12, interactive: false }).addTo(this.marks);
    }
    const icon = (className, html, size) => L.divIcon({ className, html, iconSize: [size, size] });
    L.marker([lat, lon], { icon: icon("camera-mark", "", 18), draggable: true, keyboard: false })
      .on("dragend", ({ target }) => this.onCamera(target.getLatLng().lng, target.getLatLng().lat))
      .addTo(this.marks);
    points.forEach((point, index) => {
      L.marker([point.lat, point.lon], { icon: icon("ground-mark", String(index + 1), 22), draggable: true, keyboard: false })
        .on("dragend", ({ target }) => this.onMove(index, target.getLatLng().lng, target.getLatLng().lat))
        .addTo(this.marks);
    });
  }
}
