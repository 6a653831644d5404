// Alerts per hour of the last day, stacked by severity.
import { svg } from "./dom.js";
import { hourOf } from "./format.js";
import { t } from "./i18n.js";

const HOURS = 24, HOUR_MS = 3600e3;
const ORDER = ["serious", "warning", "notice"];

export function drawHours(element, rows, now) {
  const last = Math.floor(now / HOUR_MS) * HOUR_MS;
  const bins = Array.from({ length: HOURS }, (_, i) => ({ at: last - (HOURS - 1 - i) * HOUR_MS, serious: 0, warning: 0, notice: 0 }));
  for (const { hour, severity, alerts } of rows) {
    const bin = bins.find(({ at }) => at === Date.parse(hour));
    if (bin) bin[severity] += alerts;
  }
  const total = (bin) => ORDER.reduce((sum, severity) => sum + bin[severity], 0);
  const most = Math.max(1, ...bins.map(total));
  const width = 360, height = 52, step = width / HOURS;
  const bars = bins.flatMap((bin, i) => {
    let y = height;
    return ORDER.map((severity) => {
      const tall = (bin[severity] / most) * height;
      y -= tall;
      return tall && svg("rect", { class: severity, x: i * step + 1.5, y, width: step - 3, height: tall, rx: 1 },
        svg("title", {}, t("hours.bar", { hour: hourOf(new Date(bin.at)), count: total(bin) })));
    });
  });
  const ticks = bins.map((bin, i) => (i % 4 === 3 || i === HOURS - 1) && svg("text", { x: i * step + step / 2, y: height + 13, "text-anchor": "middle" }, hourOf(new Date(bin.at))));
  const sum = bins.reduce((all, bin) => all + total(bin), 0);
  element.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height + 16}`, role: "img", "aria-label": t("hours.label", { count: sum }) },
    svg("line", { x1: 0, x2: width, y1: height + 0.5, y2: height + 0.5 }), bars, ticks));
  return sum;
}
