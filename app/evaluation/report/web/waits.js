// How many of all events were told within so many seconds of being visible; what was missed never is.
import { el, pick, t } from "words";

const WIDTH = 860, HEIGHT = 230, LEFT = 42, RIGHT = 12, TOP = 12, BOTTOM = 32, LONGEST_S = 30;
const COLORS = ["#3576d6", "#d97908", "#7c3aed", "#0891b2", "#cf2237", "#3f7d12", "#64748b", "#a3218a"];

const draw = (tag, attributes, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

export function waits(data, source) {
  const rows = data.summary.events.filter((row) => row.source === source && row.condition === "all" && row.kind !== "all" && row.events);
  if (!rows.length) return null;
  const x = (seconds) => LEFT + ((WIDTH - LEFT - RIGHT) * Math.min(Math.max(seconds, 0), LONGEST_S)) / LONGEST_S;
  const y = (share) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
  const svg = draw("svg", { class: "waits", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) svg.append(draw("line", { class: share ? "grid-line" : "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(share), y2: y(share) }), draw("text", { x: LEFT - 6, y: y(share) + 4, "text-anchor": "end" }, `${share * 100}%`));
  for (let s = 0; s <= LONGEST_S; s += 5) svg.append(draw("text", { x: x(s), y: HEIGHT - 14, "text-anchor": "middle" }, `${s} s`));
  svg.append(draw("line", { class: "grid-line", x1: x(10), x2: x(10), y1: TOP, y2: y(0), "stroke-dasharray": "4 3" }));
  rows.forEach((row, i) => {
    const told = [...(data.waits[source]?.[row.kind] ?? [])].sort((a, b) => a - b);
    let path = `M${x(0)},${y(0)}`;
    told.forEach((seconds, k) => { path += `H${x(seconds)}V${y((k + 1) / row.events)}`; });
    svg.append(draw("path", { d: `${path}H${WIDTH - RIGHT}`, stroke: COLORS[i % COLORS.length] }));
  });
  const keys = rows.map((row, i) => el("span", {}, el("i", { class: "line", style: `background:${COLORS[i % COLORS.length]}` }), `${pick(data.kinds[row.kind])} ${row.found} / ${row.events}`));
  return el("section", { class: "card wide" }, el("h2", {}, t("waits.title")), el("p", {}, t("waits.note")), svg, el("p", { class: "keys" }, ...keys));
}
