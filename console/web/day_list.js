// A day's trips or rounds: loaded page by page, filtered by how they stand, one of them open.
import { h } from "./dom.js";
import { language, t } from "./i18n.js";

const PAGE = 60;

// kind: {id: name of the id, state: name of the field that says how it stands, states: in their order,
//        word: prefix of their names, none: what to say of a day without any}
export class DayList {
  constructor({ element, chips, summary }, kind, { getPage, getOne, drawCard, drawSummary, onChoose, onClose }) {
    Object.assign(this, { element, chips, summary, kind, getPage, getOne, drawCard, drawSummary, onChoose, onClose });
    this.things = new Map();
    this.state = null;
    this.open = null; // an id
    this.page = null; // what belongs to the open one
    this.day = null; // a reconciliation
    this.loading = 0;
    element.addEventListener("keydown", (event) => this.onKey(event));
  }

  // A page with all that was shown before: what is open stays open, and is read again if it changed.
  async load(day) {
    const turn = ++this.loading;
    const count = Math.min(200, Math.max(PAGE, this.things.size));
    const answer = await this.getPage(this.query(day, { limit: count }));
    if (turn !== this.loading) return;
    if (this.day?.day !== day.day) this.close();
    const told = JSON.stringify([answer, day]);
    if (told === this.told) return; // what is pointed at stays as it is
    this.told = told;
    this.day = day;
    this.things = new Map(answer.found.map((thing) => [thing[this.kind.id], thing]));
    this.next = answer.next;
    this.draw();
    const [open, known] = [this.things.get(this.open), this.page?.[this.kind.name]];
    if (open && known && open.updated_at !== known.updated_at) await this.read(this.open, false);
  }

  query(day, more) {
    return { since: day.since, until: day.until, ...(this.state ? { [this.kind.state]: this.state } : {}), ...more };
  }

  async loadMore() {
    const turn = this.loading;
    const answer = await this.getPage(this.query(this.day, { limit: PAGE, before: this.next }));
    if (turn !== this.loading) return;
    for (const thing of answer.found) this.things.set(thing[this.kind.id], thing);
    this.next = answer.next;
    this.draw();
  }

  async filter(state) {
    this.state = state;
    await this.load(this.day);
    this.chips.querySelector(`[data-state="${state ?? "all"}"]`)?.focus();
  }

  draw() {
    if (!this.day) return;
    this.summary.replaceChildren(...[this.drawSummary(this.day)].flat().filter(Boolean));
    this.drawChips();
    const focused = this.element.contains(document.activeElement) ? document.activeElement.closest(".thing")?.dataset.id : null;
    const cards = [...this.things.values()].map((thing) => this.card(thing));
    if (!cards.length) cards.push(h("p", { class: "empty" }, t(this.kind.none)));
    if (this.next) cards.push(h("button", { type: "button", class: "quiet", onclick: () => this.loadMore() }, t("list.more")));
    const top = this.element.scrollTop;
    this.element.replaceChildren(...cards);
    this.element.scrollTop = top;
    if (focused) document.getElementById(`thing-${focused}`)?.focus({ preventScroll: true });
  }

  card(thing) {
    const id = thing[this.kind.id], open = id === this.open;
    const card = this.drawCard(thing, open ? this.page : null);
    for (const [name, value] of Object.entries({ id: `thing-${id}`, "data-id": id, "data-state": thing[this.kind.state], "aria-expanded": String(open), tabindex: 0, lang: language })) card.setAttribute(name, value);
    card.classList.add("thing");
    card.addEventListener("click", (event) => { if (!event.target.closest("button, a")) this.choose(id); });
    return card;
  }

  drawChips() {
    const counts = this.kind.counts(this.day);
    const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
    const chip = (state, text, n) => h("button", {
      type: "button", "data-state": state ?? "all", "aria-pressed": String(this.state === state),
      onclick: () => this.filter(this.state === state ? null : state),
    }, text, h("b", {}, String(n)));
    this.chips.replaceChildren(chip(null, t("list.all"), all),
      ...this.kind.states.filter((state) => counts[state] || this.state === state).map((state) => chip(state, t(`${this.kind.word}.${state}`), counts[state] ?? 0)));
  }

  async choose(id) {
    if (this.open === id) return this.close();
    this.open = id;
    this.page = null;
    this.draw();
    await this.read(id, true);
    document.getElementById(`thing-${id}`)?.scrollIntoView({ block: "nearest" });
  }

  async read(id, first) {
    const page = await this.getOne(id);
    if (this.open !== id) return;
    this.page = page;
    this.draw();
    this.onChoose(page, first);
  }

  close() {
    if (this.open === null) return;
    this.open = this.page = null;
    this.draw();
    this.onClose();
  }

  onKey(event) {
    const card = event.target.closest(".thing");
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (step) card?.[step]?.focus();
    else if (event.key === "Enter" && event.target === card) this.choose(card.dataset.id);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }
}
