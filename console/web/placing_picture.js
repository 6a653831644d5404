// The camera's picture with what is drawn in it: zones, gate lines, ground points, the map's grid.
// Points are fractions of the picture; the drawing is 1000 wide.
import { svg } from "./dom.js";
import { t } from "./i18n.js";

const WIDE = 1000;
const NEAR = 14; // so near to the first corner a click closes the polygon

export class PlacingPicture {
  constructor(element, { onZone, onPoint, onChange, onChoose }) {
    Object.assign(this, { element, onZone, onPoint, onChange, onChoose });
    this.tool = null;
    this.draft = [];
    this.zones = [];
    this.points = [];
    this.pending = null;
    this.grid = [];
    this.chosen = -1;
    this.size = [640, 360];
    this.url = null;
    element.addEventListener("pointerdown", (event) => this.press(event));
    element.addEventListener("dblclick", () => this.finish());
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    document.addEventListener("keydown", (event) => this.key(event));
  }

  get high() { return (WIDE * this.size[1]) / this.size[0]; }

  async show(url) {
    const image = new Image();
    const there = new Promise((resolve) => { image.onload = () => resolve(true); image.onerror = () => resolve(false); });
    image.src = url;
    this.url = (await there) ? url : null;
    if (this.url) this.size = [image.naturalWidth, image.naturalHeight];
    this.draw();
    return this.url !== null;
  }

  use(tool) {
    this.tool = tool;
    this.draft = [];
    this.element.dataset.tool = tool ?? "";
    this.draw();
  }

  finish() {
    const least = this.tool === "gate_line" ? 2 : 3;
    const points = this.draft.filter(([x, y], i, all) => i === 0 || Math.hypot(x - all[i - 1][0], y - all[i - 1][1]) > 0.004);
    if (points.length < least || this.tool === "point" || !this.tool) return;
    this.draft = [];
    this.onZone({ kind: this.tool, points });
  }

  key(event) {
    if (event.target.closest?.("input, select, textarea")) return;
    if (event.key === "Enter" && event.target.tagName !== "BUTTON") this.finish();
    if (event.key === "Escape") { this.draft = []; this.draw(); }
    if (event.key === "Backspace" && this.draft.length) { this.draft.pop(); this.draw(); }
  }

  at(event) {
    const box = this.root.getBoundingClientRect();
    const scale = Math.min(box.width / WIDE, box.height / this.high);
    const left = box.left + (box.width - WIDE * scale) / 2, top = box.top + (box.height - this.high * scale) / 2;
    const share = (value, size) => Math.min(1, Math.max(0, value / (size * scale)));
    return [share(event.clientX - left, WIDE), share(event.clientY - top, this.high)].map((n) => Math.round(n * 1e4) / 1e4);
  }

  press(event) {
    const handle = event.target.closest("[data-handle]");
    if (handle && (!this.tool || handle.dataset.handle === "point")) return this.drag(event, handle);
    if (event.button !== 0 || !event.target.closest("svg")) return;
    const point = this.at(event);
    if (this.tool === "point") return this.onPoint(point);
    if (!this.tool) return this.onChoose(Number(event.target.closest("[data-zone]")?.dataset.zone ?? -1));
    const [first] = this.draft;
    const closes = first && this.draft.length > 2 && this.tool !== "gate_line"
      && Math.hypot((first[0] - point[0]) * WIDE, (first[1] - point[1]) * this.high) < NEAR;
    if (closes) return this.finish();
    this.draft.push(point);
    this.draw();
  }

  drag(event, handle) {
    const { handle: kind, zone, index } = handle.dataset;
    const remove = kind === "vertex" && (event.button === 2 || event.altKey);
    event.preventDefault();
    if (remove) {
      const { points, kind: what } = this.zones[zone];
      if (points.length > (what === "gate_line" ? 2 : 3)) points.splice(Number(index), 1);
      this.draw();
      return this.onChange();
    }
    const move = (now) => {
      const point = this.at(now);
      if (kind === "vertex") this.zones[zone].points[index] = point;
      else [this.points[index].x, this.points[index].y] = point;
      this.draw();
    };
    const end = () => {
      removeEventListener("pointermove", move);
      this.onChange();
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end, { once: true });
  }

  xy([x, y]) { return `${(x * WIDE).toFixed(1)},${(y * this.high).toFixed(1)}`; }

  draw() {
    const line = (points) => points.map((point) => this.xy(point)).join(" ");
    const parts = [];
    if (this.url) parts.push(svg("image", { href: this.url, width: WIDE, height: this.high, preserveAspectRatio: "none" }));
    else parts.push(svg("text", { class: "empty", x: WIDE / 2, y: this.high / 2 }, t("placing.no_picture")));
    for (const part of this.grid) parts.push(svg("polyline", { class: "grid-line", points: line(part) }));
    this.zones.forEach((zone, number) => parts.push(this.zone(zone, number, line)));
    if (this.draft.length) {
      const kind = `kind-${this.tool}`;
      parts.push(svg("g", { class: kind }, svg("polyline", { class: "draft", points: line(this.draft) }),
        this.draft.map(([x, y]) => svg("circle", { class: "vertex", cx: x * WIDE, cy: y * this.high, r: 6 }))));
    }
    this.points.forEach((point, number) => parts.push(this.ground(point, number + 1, number)));
    if (this.pending) parts.push(this.ground({ x: this.pending[0], y: this.pending[1] }, this.points.length + 1, null));
    this.root = svg("svg", { viewBox: `0 0 ${WIDE} ${this.high}`, role: "img", "aria-label": t("placing.picture") }, parts);
    this.element.replaceChildren(this.root);
  }

  zone(zone, number, line) {
    const chosen = number === this.chosen;
    const gate = zone.kind === "gate_line";
    const shape = svg(gate ? "polyline" : "polygon", { class: `zone ${zone.kind}${chosen ? " chosen" : ""}`, points: line(zone.points), "data-zone": number });
    const corners = chosen && !this.tool
      ? zone.points.map(([x, y], index) => svg("circle", { class: "vertex", cx: x * WIDE, cy: y * this.high, r: 8, "data-handle": "vertex", "data-zone": number, "data-index": index }))
      : [];
    return svg("g", { class: `kind-${zone.kind}` }, shape, gate ? this.side(zone) : null, corners);
  }

  // An arrow from the middle of a gate line towards the side that is inside.
  side(zone) {
    const a = zone.points[0], b = zone.points.at(-1);
    const [ax, ay, bx, by] = [a[0] * WIDE, a[1] * this.high, b[0] * WIDE, b[1] * this.high];
    const length = Math.hypot(bx - ax, by - ay) || 1;
    const turn = zone.inside === "left" ? 1 : -1; // y runs down: right of the way is (-dy, dx)
    const [nx, ny] = [(turn * (by - ay)) / length, (-turn * (bx - ax)) / length];
    const [mx, my] = [(ax + bx) / 2, (ay + by) / 2];
    const [ux, uy] = [(bx - ax) / length, (by - ay) / length];
    const tip = [mx + nx * 46, my + ny * 46];
    const foot = (s) => [mx + nx * 14 + s * ux * 14, my + ny * 14 + s * uy * 14];
    const points = [tip, foot(1), foot(-1)].map((p) => p.map((n) => n.toFixed(1)).join(",")).join(" ");
    return [svg("polygon", { class: "inside", points }), svg("text", { class: "inside-word", x: tip[0] + nx * 20, y: tip[1] + ny * 20 + 7 }, t("placing.inside"))];
  }

  ground({ x, y }, number, index) {
    const attributes = index === null ? { class: "ground waiting" } : { class: "ground", "data-handle": "point", "data-index": index };
    const [cx, cy] = [x * WIDE, y * this.high];
    return svg("g", attributes, svg("circle", { cx, cy, r: 7 }), svg("text", { x: cx + 11, y: cy - 9 }, String(number)));
  }
}
