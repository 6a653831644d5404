// The legend: what the colours on the map mean.
import { h, svg } from "./dom.js";
import { t } from "./i18n.js";
import { CAMERA, ROUTE, VEHICLE, ZONE } from "./palette.js";

const swatch = (...shapes) => svg("svg", { viewBox: "0 0 22 14", width: 22, height: 14, "aria-hidden": "true" }, shapes);
const row = (mark, text) => h("li", {}, mark, h("span", {}, text));

export function drawLegend(element, site) {
  const zoneKinds = new Set(site.zones.features.map(({ properties }) => properties.kind));
  const routeKinds = new Set(site.routes.features.map(({ properties }) => properties.kind));
  const truck = (color) => swatch(svg("path", { d: "M11 1l5 12-5-3-5 3z", fill: color }));
  element.replaceChildren(
    h("h3", {}, t("legend.vehicles")),
    h("ul", {}, ["muck", "sweeper", "washer", "collector"].map((kind) => row(truck(VEHICLE[kind]), t(`vehicle.${kind}`))),
      row(swatch(svg("circle", { cx: 11, cy: 7, r: 5.5, fill: "#ff4d5e33", stroke: "#ff4d5e", "stroke-width": 1.6 })), t("legend.offending"))),
    h("h3", {}, t("view.cameras")),
    h("ul", {}, [["online", "camera.online"], ["faulty", "cameras.faulty"], ["frozen", "camera.frozen"], ["offline", "camera.offline"]].map(([name, key]) =>
      row(swatch(svg("path", { d: "M4 7L18 1v12z", fill: CAMERA[name], "fill-opacity": 0.8 })), t(key)))),
    h("h3", {}, t("legend.zones")),
    h("ul", {}, Object.keys(ZONE).filter((kind) => zoneKinds.has(kind)).map((kind) => {
      const { color, dashArray } = ZONE[kind];
      return row(swatch(svg("rect", { x: 1, y: 1, width: 20, height: 12, rx: 2, fill: color, "fill-opacity": 0.22, stroke: color, "stroke-dasharray": dashArray ? "3 2" : null })), t(`zone.${kind}`));
    })),
    h("h3", {}, t("legend.routes")),
    h("ul", {}, Object.keys(ROUTE).filter((kind) => routeKinds.has(kind)).map((kind) =>
      row(swatch(svg("line", { x1: 1, x2: 21, y1: 7, y2: 7, stroke: ROUTE[kind], "stroke-width": 2, "stroke-dasharray": "5 3" })), t(`route.${kind}`)))),
  );
}
