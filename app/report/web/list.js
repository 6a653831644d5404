// The list of alerts: only the rows in sight exist, so that five thousand are no burden.
import { dayAndClock, duration } from "format";
import { el, pick, t } from "words";

const ROW_PX = 58, SPARE = 8;

export const plate = (alert) => el("span", { class: `plate ${alert.color ?? ""}` }, alert.plate ?? alert.vehicle ?? "–");
export const lasting = (alert) => alert.ended === null ? t("goes_on") : duration(alert.ended - alert.started);

export class AlertList {
  constructor(node, rows, kinds, compared, onChoose) {
    Object.assign(this, { node, rows, kinds, compared, onChoose, alerts: [], chosen: null });
    node.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(node);
    node.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) { event.preventDefault(); this.step(step); }
    });
  }

  show(alerts) {
    this.alerts = alerts;
    this.rows.style.height = `${Math.max(alerts.length, 1) * ROW_PX}px`;
    this.node.scrollTop = 0;
    this.draw();
  }

  step(by) {
    const at = this.alerts.indexOf(this.chosen);
    const next = this.alerts[Math.min(Math.max(at + by, 0), this.alerts.length - 1)];
    if (next) this.onChoose(next);
  }

  choose(alert) {
    this.chosen = alert;
    const top = this.alerts.indexOf(alert) * ROW_PX;
    if (top >= 0 && (top < this.node.scrollTop || top + ROW_PX > this.node.scrollTop + this.node.clientHeight)) {
      this.node.scrollTop = top - this.node.clientHeight / 2;
    }
    this.draw();
  }

  draw() {
    if (!this.alerts.length) { this.rows.replaceChildren(el("p", { class: "none" }, t("list.none"))); return; }
    const first = Math.max(0, Math.floor(this.node.scrollTop / ROW_PX) - SPARE);
    const last = Math.min(this.alerts.length, Math.ceil((this.node.scrollTop + this.node.clientHeight) / ROW_PX) + SPARE);
    this.rows.replaceChildren(...this.alerts.slice(first, last).map((alert, i) => this.row(alert, first + i)));
  }

  row(alert, number) {
    const item = el("div", { class: "item", role: "option", style: `top:${number * ROW_PX}px`, "data-id": alert.id, "data-severity": alert.severity, "aria-selected": String(alert === this.chosen) },
      el("div", {}, el("h3", {}, pick(this.kinds[alert.kind])), this.compared ? el("span", { class: `by ${alert.by}` }, t(`by.${alert.by}`)) : null, el("time", {}, dayAndClock(alert.started))),
      el("div", {}, plate(alert), el("span", { class: "about" }, pick(alert.subject)), el("span", {}, alert.occurrences > 1 ? `×${alert.occurrences} · ${lasting(alert)}` : lasting(alert))));
    item.addEventListener("click", () => this.onChoose(alert));
    return item;
  }
}
