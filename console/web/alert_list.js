// The alerts at hand, newest first, in tabs; operable by the keyboard alone.
import { decide, getAlert, getAlerts, lay } from "./api.js";
import { alertCard, lasting } from "./alert_card.js";
import { h } from "./dom.js";
import { language, t } from "./i18n.js";

const TABS = ["new", "handled", "all"];
const KEPT = 500;
const PAGE = 60;

const belongs = { new: (a) => a.status === "new", handled: (a) => a.status !== "new", all: () => true };

export class AlertList {
  constructor(element, tabs, { describe, onChoose, onChange, onPassage, now }) {
    Object.assign(this, { element, tabs, describe, onChoose, onChange, onPassage, now });
    this.alerts = new Map();
    this.tab = "new";
    this.open = null;
    this.dismissing = null;
    this.laying = null; // {id, vehicleId}: who is about to be said to have done it
    this.errors = new Map();
    this.cards = new Map();
    this.more = false;
    this.actions = {
      choose: (alert) => this.choose(alert),
      decide: (alert, decision, note) => this.decide(alert, decision, note),
      askDismiss: (alert) => this.askDismiss(alert),
      askLay: (alert, vehicleId) => { this.dismissing = null; this.laying = { id: alert.alert_id, vehicleId }; this.draw(alert.alert_id); },
      lay: (alert, vehicleId, note) => this.lay(alert, vehicleId, note),
      passage: (alert, passer) => this.passage(alert, passer),
      cancel: (alert) => { this.dismissing = this.laying = null; this.draw(alert.alert_id); },
    };
    element.addEventListener("keydown", (event) => this.onKey(event));
  }

  sorted() {
    return [...this.alerts.values()].sort((a, b) => (b.started_at + b.alert_id > a.started_at + a.alert_id ? 1 : -1));
  }

  shown() {
    return this.sorted().filter(belongs[this.tab]);
  }

  async load() {
    // What waits is loaded apart: it must never be beyond the page of what is recent.
    const [waiting, recent] = await Promise.all([getAlerts({ limit: 200, status: "new" }), getAlerts({ limit: PAGE })]);
    this.alerts.clear();
    for (const alert of [...recent.alerts, ...waiting.alerts]) this.alerts.set(alert.alert_id, alert);
    this.next = recent.next;
    await Promise.all(this.sorted().filter((a) => a.pictures).slice(0, 40).map((a) => this.fetchEvidence(a.alert_id)));
    this.draw();
    this.onChange();
  }

  async loadMore() {
    const page = await getAlerts({ limit: PAGE, before: this.next });
    for (const alert of page.alerts) if (!this.alerts.has(alert.alert_id)) this.alerts.set(alert.alert_id, alert);
    this.next = page.next;
    this.draw();
    this.onChange();
  }

  async fetchEvidence(id) {
    const { alert, evidence } = await getAlert(id);
    const known = this.alerts.get(id);
    if (!known || known.revision <= alert.revision) this.alerts.set(id, { ...alert, evidence });
  }

  // An alert as the event stream tells it; true when it is one that was not there before.
  async put(alert) {
    const known = this.alerts.get(alert.alert_id);
    if (known && known.revision >= alert.revision) return false;
    if (alert.withdrawn) this.alerts.delete(alert.alert_id);
    else this.alerts.set(alert.alert_id, { ...alert, evidence: known?.evidence });
    if (alert.pictures && (known?.evidence?.length ?? 0) < alert.pictures) await this.fetchEvidence(alert.alert_id);
    for (const old of this.sorted().slice(KEPT)) if (old.status !== "new") this.alerts.delete(old.alert_id);
    this.draw();
    this.onChange();
    return !known && !alert.withdrawn;
  }

  drawTabs() {
    const count = this.sorted().filter(belongs.new).length;
    this.tabs.replaceChildren(...TABS.map((tab) => h("button", {
      type: "button", role: "tab", "aria-selected": String(tab === this.tab), "data-tab": tab,
      onclick: () => { this.tab = tab; this.draw(); this.tabs.querySelector(`[data-tab="${tab}"]`).focus(); },
    }, t(`tab.${tab}`), tab === "new" && count > 0 && h("b", {}, String(count)))));
  }

  draw(focusId = document.activeElement?.closest?.(".alert")?.dataset.id) {
    const now = this.now();
    const cards = this.shown().map((alert) => this.card(alert, now));
    if (!cards.length) cards.push(h("p", { class: "empty" }, t(`empty.${this.tab}`)));
    if (this.next && this.tab !== "new") cards.push(h("button", { type: "button", class: "quiet", onclick: () => this.loadMore() }, t("alerts.more")));
    this.arrange(cards);
    this.drawTabs();
    if (!focusId || this.element.contains(document.activeElement)) return;
    const card = document.getElementById(`alert-${focusId}`);
    const input = card?.querySelector(".decide input");
    (input ?? card)?.focus({ preventScroll: true });
  }

  // What stays is not touched: a note being written (pinyin half typed) would be lost with the focus.
  arrange(cards) {
    const wanted = new Set(cards);
    for (const child of [...this.element.children]) if (!wanted.has(child)) child.remove();
    cards.forEach((card, i) => {
      if (this.element.children[i] !== card) this.element.insertBefore(card, this.element.children[i] ?? null);
    });
  }

  // A card is made anew only when it says something else: its pictures would flicker.
  card(alert, now) {
    const id = alert.alert_id;
    const laying = this.laying?.id === id ? { vehicleId: this.laying.vehicleId } : null;
    const state = { open: this.open === id, dismissing: this.dismissing === id, laying, error: this.errors.get(id) };
    // While something is being written into it, a card stays as it is whatever the rules have to add.
    const shape = JSON.stringify([alert.status, language, state, laying?.vehicleId === undefined]);
    const known = this.cards.get(id);
    const written = document.activeElement?.matches?.("input") && known?.element.contains(document.activeElement);
    if (written && known.shape === shape) return known.element;
    const told = state.dismissing || laying ? [] : [alert.revision, alert.evidence?.length];
    const key = JSON.stringify([told, shape]);
    if (known?.key === key) return known.element;
    const element = alertCard(alert, { ...this.describe(alert), now, ...state, actions: this.actions });
    this.cards.set(id, { key, shape, element });
    return element;
  }

  // Time passes by.
  tick() {
    const now = this.now();
    for (const alert of this.shown()) {
      const place = this.cards.get(alert.alert_id)?.element.querySelector(".lasting");
      if (place && alert.ended_at === null) place.textContent = lasting(alert, now);
    }
  }

  choose(alert) {
    this.open = this.open === alert.alert_id ? null : alert.alert_id;
    this.draw(alert.alert_id);
    this.onChoose(alert);
    document.getElementById(`alert-${alert.alert_id}`)?.scrollIntoView({ block: "nearest" });
  }

  chooseFirst(matches) {
    const alert = this.sorted().find(matches);
    if (!alert) return;
    if (!belongs[this.tab](alert)) this.tab = "all";
    this.open = null;
    this.choose(alert);
  }

  askDismiss(alert) {
    this.laying = null;
    this.dismissing = alert.alert_id;
    this.draw(alert.alert_id);
  }

  async say(id, asked) {
    try {
      const changed = await asked;
      this.alerts.set(id, { ...changed, evidence: this.alerts.get(id)?.evidence });
      this.errors.delete(id);
      this.dismissing = this.laying = null;
    } catch (error) {
      console.warn(error);
      this.errors.set(id, t("error.not_saved"));
    }
  }

  async lay(alert, vehicleId, note) {
    await this.say(alert.alert_id, lay("alerts", alert.alert_id, vehicleId, note));
    this.draw(alert.alert_id);
    this.onChange();
  }

  // To the record of that passage; there may be none, for not all who pass cross a line.
  async passage(alert, passer) {
    const found = await this.onPassage(alert, passer).catch((error) => { console.warn(error); return false; });
    if (found) this.errors.delete(alert.alert_id);
    else this.errors.set(alert.alert_id, t("alert.no_passage"));
    this.draw(alert.alert_id);
  }

  async decide(alert, decision, note) {
    const id = alert.alert_id;
    const after = this.shown()[this.shown().findIndex((a) => a.alert_id === id) + 1];
    await this.say(id, decide(id, decision, note));
    this.draw(this.tab === "new" && !this.errors.has(id) ? after?.alert_id : id);
    this.onChange();
  }

  onKey(event) {
    const card = event.target.closest(".alert");
    if (!card || event.target.matches("input")) {
      if (event.key === "Escape" && card) this.actions.cancel(this.alerts.get(card.dataset.id));
      return;
    }
    const alert = this.alerts.get(card.dataset.id);
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (step) card[step]?.focus();
    else if (event.key === "Enter" && event.target === card) this.choose(alert);
    else if (event.key === "q" && alert.status === "new") this.decide(alert, "acknowledge", "");
    else if (event.key === "e" && alert.verdict !== true) this.decide(alert, "confirm", "");
    else if (event.key === "w" && alert.status === "new") this.askDismiss(alert);
    else return;
    event.preventDefault();
  }
}
