// A histogram of the deciding value; pointing at it says how many alerts a threshold there would leave.
import { measured, number } from "format";
import { el, pick, t } from "words";

const WIDTH = 460, HEIGHT = 190, LEFT = 34, RIGHT = 12, TOP = 26, BOTTOM = 30;
const SIDES = ["a", "both", "b"];

const draw = (tag, attributes, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

export function histogram(h, data) {
  const { edges, counts, thresholds, unit } = h;
  const most = Math.max(1, ...counts.map((c) => c[0] + c[1] + c[2])), end = edges.at(-1);
  const x = (value) => LEFT + ((WIDTH - LEFT - RIGHT) * Math.min(value, end)) / end;
  const y = (count) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * count) / most;
  const compared = data.comparison !== null;
  const svg = draw("svg", { class: `histogram ${compared ? "" : "single"}`, viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
  for (const share of [0.5, 1]) {
    const count = most * share;
    if (Number.isInteger(count) || share === 1) svg.append(draw("line", { class: "grid-line", x1: LEFT, x2: WIDTH - RIGHT, y1: y(count), y2: y(count) }), draw("text", { x: LEFT - 6, y: y(count) + 4, "text-anchor": "end" }, number(count)));
  }
  const bars = counts.map((count, i) => {
    const bar = draw("g", {});
    let below = 0;
    SIDES.forEach((side, s) => {
      if (!count[s]) return;
      bar.append(draw("rect", { class: side, x: x(edges[i]) + 1, width: Math.max(1, x(edges[i + 1]) - x(edges[i]) - 2), y: y(below + count[s]), height: y(below) - y(below + count[s]) }));
      below += count[s];
    });
    svg.append(bar);
    return bar;
  });
  svg.append(draw("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(0), y2: y(0) }));
  for (let i = 0; i < edges.length; i += 6) {
    const last = i === edges.length - 1 && h.largest > end ? "+" : "";
    svg.append(draw("text", { x: x(edges[i]), y: HEIGHT - BOTTOM + 16, "text-anchor": i === 0 ? "start" : i === edges.length - 1 ? "end" : "middle" }, measured(edges[i], unit) + last));
  }
  const same = thresholds.b === thresholds.a;
  for (const side of ["a", "b"]) {
    const value = thresholds[side];
    if (value === null || (side === "b" && same)) continue;
    const name = compared && !same ? `${side.toUpperCase()} ` : "";
    const right = x(value) > WIDTH * 0.65;
    svg.append(draw("line", { class: `threshold ${side}`, x1: x(value), x2: x(value), y1: TOP - 6, y2: y(0) }),
      draw("text", { class: `mark ${side}`, x: x(value) + (right ? -4 : 4), y: side === "a" ? 9 : 21, "text-anchor": right ? "end" : "start" }, `${name}${t("chart.threshold")} ${measured(value, unit)}`));
  }
  const totals = SIDES.map((_, s) => counts.reduce((sum, c) => sum + c[s], 0));
  const reading = el("p", { class: "reading" }, t("chart.point"));
  const at = (i) => {
    const over = counts.slice(i).reduce((sum, c) => sum + c[0] + c[1] + c[2], 0);
    bars.forEach((bar, n) => bar.classList.toggle("faded", i !== null && n < i));
    reading.textContent = i === null ? t("chart.point") : t("chart.over", { value: measured(edges[i], unit), count: number(over), total: number(totals[0] + totals[1] + totals[2]) });
  };
  const hit = draw("rect", { class: "hit", x: LEFT, y: 0, width: WIDTH - LEFT - RIGHT, height: HEIGHT });
  hit.addEventListener("pointermove", (event) => {
    const box = hit.getBoundingClientRect();
    at(Math.min(counts.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * counts.length))));
  });
  hit.addEventListener("pointerleave", () => at(null));
  svg.append(hit);
  const keys = compared ? el("p", { class: "keys" }, ...SIDES.map((side, s) => el("span", {}, el("i", { style: `background:var(--${side})` }), `${t(`by.${side}`)} ${number(totals[s])}`))) : null;
  return el("section", { class: "card" }, el("h2", {}, pick(data.kinds[h.kind])), el("p", {}, t(`measure.${h.name}`)), svg, reading, keys);
}
