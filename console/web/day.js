// A day of the site's time zone, as YYYY-MM-DD, with a step back and forth; null is today.
import { h } from "./dom.js";
import { clockDate } from "./format.js";
import { t } from "./i18n.js";

const stepped = (day, by) => new Date(Date.parse(day) + by * 86400e3).toISOString().slice(0, 10);

export class DayPicker {
  constructor(element, onPick) {
    Object.assign(this, { element, onPick });
    this.wanted = null; // what was asked for
    this.day = null; // what the server answered
    this.today = null;
  }

  // `day` is what is shown; without a wish it is today.
  show(day) {
    this.day = day;
    if (this.wanted === null) this.today = day;
    this.draw();
  }

  pick(day) {
    this.wanted = day === this.today ? null : day;
    this.onPick(this.wanted);
  }

  draw() {
    if (!this.day || this.element.contains(document.activeElement) && document.activeElement.matches("input")) return;
    const arrow = (by, name, text) => h("button", {
      type: "button", "data-step": String(by), "aria-label": t(name), title: t(name),
      disabled: by > 0 && this.today !== null && this.day >= this.today,
      onclick: () => this.pick(stepped(this.day, by)),
    }, text);
    // The browser would write the date in its own language: its field lies unseen over ours.
    const input = h("input", {
      type: "date", value: this.day, max: this.today, "aria-label": t("day.pick"), title: t("day.pick"),
      onchange: (event) => { event.target.blur(); if (event.target.value) this.pick(event.target.value); },
    });
    const date = h("label", {}, h("span", {}, clockDate(new Date(`${this.day}T12:00:00Z`))), input);
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset.step : null;
    this.element.replaceChildren(arrow(-1, "day.before", "‹"), date, arrow(1, "day.after", "›"));
    if (focused) this.element.querySelector(`[data-step="${focused}"]`)?.focus();
  }
}
