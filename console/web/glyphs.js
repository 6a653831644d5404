// What Leaflet's canvas renderer has no shape for: trucks with a heading, and names along roads.
import L from "./leaflet.js";

const FONT = '"Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';

// options: color, course (degrees or null), label, labelled, offends, stale
export const Truck = L.CircleMarker.extend({
  _updateBounds() {
    // Room for the halo and the label: the renderer clears and redraws only these bounds.
    const extra = this.options.labelled ? [96, 38] : [22, 22];
    this._pxBounds = new L.Bounds(this._point.subtract(extra), this._point.add(extra));
  },
  _updatePath() {
    const context = this._renderer._ctx;
    if (!this._renderer._drawing || this._empty()) return;
    const { color, course, offends, stale, labelled, label } = this.options;
    const { x, y } = this._point;
    context.save();
    context.translate(x, y);
    context.setLineDash([]); // the shape drawn before may have left its own
    context.globalAlpha = 1;
    if (offends) {
      context.beginPath();
      context.arc(0, 0, 15, 0, Math.PI * 2);
      context.fillStyle = "rgba(255, 77, 94, 0.22)";
      context.fill();
      context.lineWidth = 2;
      context.strokeStyle = "#ff4d5e";
      context.stroke();
    }
    context.globalAlpha = stale ? 0.45 : 1;
    context.fillStyle = color;
    context.strokeStyle = "#05080c";
    context.lineWidth = 1.5;
    const scale = this._map.getZoom() >= 15 ? 1.3 : 1;
    context.scale(scale, scale);
    context.beginPath();
    if (course === null || course === undefined) {
      context.arc(0, 0, 5.5, 0, Math.PI * 2);
    } else {
      context.rotate((course * Math.PI) / 180);
      context.moveTo(0, -10);
      context.lineTo(6.5, 7.5);
      context.lineTo(0, 4);
      context.lineTo(-6.5, 7.5);
      context.closePath();
      context.rotate((-course * Math.PI) / 180);
    }
    context.fill();
    context.stroke();
    context.scale(1 / scale, 1 / scale);
    if (labelled) this._drawLabel(context, label, offends);
    context.restore();
  },
  _drawLabel(context, label, offends) {
    context.font = `600 12px ${FONT}`;
    const width = context.measureText(label).width + 10;
    context.globalAlpha = 1;
    context.fillStyle = offends ? "#8e1424" : "rgba(7, 12, 18, 0.86)";
    context.beginPath();
    context.roundRect(-width / 2, 15, width, 18, 4);
    context.fill();
    context.fillStyle = "#f2f7fb";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(label, 0, 24.5);
  },
});

// A road's name, written along its middle; options: name. Shown where the road is long enough on screen.
export const RoadName = L.Polyline.extend({
  options: { interactive: false, fill: false, smoothFactor: 0 },
  _updatePath() {
    const renderer = this._renderer, context = renderer._ctx;
    if (!renderer._drawing || !this._rings?.length) return;
    const points = this._rings[0];
    context.font = `500 12px ${FONT}`;
    const width = context.measureText(this.options.name).width + this.options.name.length * 4;
    let total = 0;
    for (let i = 1; i < points.length; i++) total += points[i].distanceTo(points[i - 1]);
    if (total < width * 2.2) return;
    for (const share of total > 900 ? [0.2, 0.5, 0.8] : [0.38]) this._write(context, points, total * share, width);
  },
  _write(context, points, at, width) {
    for (let i = 1, gone = 0; i < points.length; i++) {
      const a = points[i - 1], b = points[i], length = a.distanceTo(b);
      if (gone + length < at) {
        gone += length;
        continue;
      }
      if (length < width * 0.6) return; // on a bend it would not be read
      const f = (at - gone) / length;
      let angle = Math.atan2(b.y - a.y, b.x - a.x);
      const upright = Math.abs(Math.abs(angle) - Math.PI / 2) < 0.5;
      if (!upright && Math.abs(angle) > Math.PI / 2) angle += Math.PI;
      context.save();
      context.setLineDash([]);
      context.globalAlpha = 1;
      context.translate(a.x + (b.x - a.x) * f, a.y + (b.y - a.y) * f);
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineWidth = 4;
      context.lineJoin = "round";
      context.strokeStyle = "#0d141d";
      context.fillStyle = "#8ea3b8";
      const letters = [...this.options.name], step = 16;
      // Chinese names run down an upright road, letter by letter, as on Chinese maps.
      const chinese = /[\u4e00-\u9fff]/.test(this.options.name);
      if (!upright || !chinese) context.rotate(upright ? -Math.PI / 2 : angle);
      for (const write of ["strokeText", "fillText"]) { // all halos first: none covers its neighbour
        letters.forEach((letter, k) => {
          const offset = (k - (letters.length - 1) / 2) * (chinese ? step : 7);
          const [x, y] = upright && chinese ? [0, offset] : [offset, 0];
          context[write](letter, x, y);
        });
      }
      context.restore();
      return;
    }
  },
});
