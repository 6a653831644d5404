// Who passed before the cameras, newest first, as it goes on; one of them open.
import { getAlerts, getSighting, getSightings, getTrip, getTrips, lay, sightingPictureUrl } from "./api.js";
import { h } from "./dom.js";
import { hourMinute, when } from "./format.js";
import { language, t } from "./i18n.js";
import { looks, passageCard } from "./passage_card.js";

const PAGE = 50;
const KEPT = 400;
const LATER_MS = 30 * 60e3; // a truck that comes in is loaded only then: its trip begins after the passage
const AROUND_MS = 150e3; // a track lasts so long at most: alert and passage are not further apart

export class PassageList {
  // world(): {vehicles, cameras: names by id, now}
  constructor({ element, filter }, focus, { world, onAlert, corridors }) {
    Object.assign(this, { element, filter, focus, world, onAlert, corridors });
    this.seen = new Map();
    this.camera = "";
    this.until = null; // shown up to then; null: live
    this.open = null;
    this.track = null;
    this.laying = null;
    this.said = new Map();
    this.cards = new Map();
    this.turn = 0;
    this.actions = {
      view: (seen) => this.view(seen),
      askLay: (seen, vehicleId) => { this.laying = { id: seen.sighting_id, vehicleId }; this.draw(); this.element.querySelector(".decide.lay input")?.focus(); },
      lay: (seen, vehicleId, note) => this.lay(seen, vehicleId, note),
      cancel: () => { this.laying = null; this.draw(); },
      trip: (seen) => this.guarded(seen, () => this.showTrip(seen)),
      alerts: (seen) => this.guarded(seen, () => this.showAlert(seen)),
    };
    element.addEventListener("keydown", (event) => this.onKey(event));
  }

  query(more) {
    return { limit: PAGE, ...(this.camera && { camera_id: this.camera }), ...(this.until && { until: this.until }), ...more };
  }

  async refresh() {
    const turn = ++this.turn;
    const { sightings, next } = await getSightings(this.query({})).catch((error) => { console.info(error); return {}; });
    if (!sightings || turn !== this.turn) return;
    const oldest = sightings.at(-1);
    // What was loaded before stays below it, unless there is a hole between.
    const joins = sightings.some(({ sighting_id }) => this.seen.has(sighting_id));
    const rest = joins ? this.sorted().filter((s) => s.at < oldest.at).slice(0, KEPT) : [];
    this.seen = new Map([...sightings, ...rest].map((s) => [s.sighting_id, s]));
    if (!rest.length) this.next = next;
    this.draw();
  }

  async loadMore() {
    const turn = this.turn;
    const { sightings, next } = await getSightings(this.query({ before: this.next }));
    if (turn !== this.turn) return;
    for (const s of sightings) this.seen.set(s.sighting_id, s);
    this.next = next;
    this.draw();
  }

  sorted() {
    return [...this.seen.values()].sort((a, b) => (b.at + b.sighting_id > a.at + a.sighting_id ? 1 : -1));
  }

  async look(camera, until = null) {
    if (camera === this.camera && until === this.until) return this.refresh();
    [this.camera, this.until] = [camera, until];
    this.close();
    this.seen.clear();
    await this.refresh();
  }

  drawFilter() {
    if (this.filter.contains(document.activeElement) && this.filter.dataset.lang === language) return;
    this.filter.dataset.lang = language;
    const select = h("select", { "aria-label": t("passages.camera"), onchange: () => { select.blur(); this.look(select.value); } },
      h("option", { value: "" }, t("passages.every_camera")),
      [...this.world().cameras].map(([id, name]) => h("option", { value: id, selected: id === this.camera }, name)));
    const till = this.until && h("button", { type: "button", class: "quiet", "data-action": "live", onclick: () => this.look(this.camera) },
      t("passages.until", { time: hourMinute(new Date(this.until)) }), " ×");
    this.filter.replaceChildren(...[till, select].filter(Boolean));
  }

  draw() {
    this.drawFilter();
    const now = this.world().now;
    const focused = this.element.contains(document.activeElement) && !document.activeElement.matches("input") ? document.activeElement.closest(".thing")?.dataset.id : null;
    const cards = this.sorted().map((seen) => this.card(seen, now));
    if (!cards.length) cards.push(h("p", { class: "empty" }, t("passages.none")));
    if (this.next) cards.push(h("button", { type: "button", class: "quiet", onclick: () => this.loadMore() }, t("list.more")));
    const wanted = new Set(cards);
    for (const child of [...this.element.children]) if (!wanted.has(child)) child.remove();
    cards.forEach((card, i) => { if (this.element.children[i] !== card) this.element.insertBefore(card, this.element.children[i] ?? null); });
    if (focused && !this.element.contains(document.activeElement)) document.getElementById(`thing-${focused}`)?.focus({ preventScroll: true });
  }

  // A card is made anew only when it says something else, and not while something is written into it.
  card(seen, now) {
    const id = seen.sighting_id, open = this.open === id;
    const laying = this.laying?.id === id ? { vehicleId: this.laying.vehicleId } : null;
    const shape = JSON.stringify([open, laying, laying?.vehicleId === undefined, this.said.get(id), language]);
    const key = JSON.stringify([shape, seen]);
    const known = this.cards.get(id);
    const written = document.activeElement?.matches?.("input") && known?.element.contains(document.activeElement);
    if (known?.key === key || (written && known.shape === shape)) return known.element;
    const { vehicles, cameras } = this.world();
    const element = passageCard(seen, {
      camera: cameras.get(seen.camera_id) ?? seen.camera_id, vehicle: vehicles.get(seen.vehicle_id), vehicles, now, open, laying, said: this.said.get(id), actions: this.actions,
    });
    for (const [name, value] of Object.entries({ id: `thing-${id}`, "data-id": id, "aria-expanded": String(open), tabindex: 0, "data-laid": seen.vehicle_id ?? "" })) element.setAttribute(name, value);
    element.classList.add("thing");
    element.addEventListener("click", (event) => { if (!event.target.closest("button, a, input, form")) this.choose(id); });
    this.cards.set(id, { key, shape, element });
    if (this.cards.size > 2 * KEPT) for (const old of [...this.cards.keys()]) if (!this.seen.has(old)) this.cards.delete(old);
    return element;
  }

  async choose(id) {
    if (this.open === id) return this.close();
    this.open = id;
    this.laying = null;
    this.said.delete(id);
    this.draw();
    document.getElementById(`thing-${id}`)?.scrollIntoView({ block: "nearest" });
    const { sighting, track } = await getSighting(id);
    if (this.open === id) this.focus.showPassage(sighting, track, this.title(sighting), true);
  }

  title(seen) {
    const { vehicles, cameras, now } = this.world();
    return [when(seen.at, now), cameras.get(seen.camera_id) ?? seen.camera_id, vehicles.get(seen.vehicle_id)?.plate ?? seen.plate?.text ?? looks(seen)].join("  ");
  }

  // The passage of somebody whom an alert names; false where none was recorded.
  async find(cameraId, trackUid, seenAt) {
    const at = Date.parse(seenAt), iso = (ms) => new Date(ms).toISOString();
    const { sightings } = await getSightings({ camera_id: cameraId, since: iso(at - AROUND_MS), until: iso(at + AROUND_MS), limit: 200 });
    return sightings.filter((s) => s.track_uid === trackUid).sort((a, b) => Math.abs(Date.parse(a.at) - at) - Math.abs(Date.parse(b.at) - at))[0] ?? null;
  }

  async show(seen) {
    await this.look(seen.camera_id, new Date(Date.parse(seen.at) + AROUND_MS).toISOString());
    this.seen.set(seen.sighting_id, this.seen.get(seen.sighting_id) ?? seen);
    this.open = null;
    await this.choose(seen.sighting_id);
  }

  async lay(seen, vehicleId, note) {
    const id = seen.sighting_id;
    try {
      this.seen.set(id, await lay("sightings", id, vehicleId, note));
      this.laying = null;
      this.said.delete(id);
    } catch (error) {
      console.warn(error);
      this.said.set(id, t("error.not_saved"));
    }
    this.draw();
    document.getElementById(`thing-${id}`)?.focus({ preventScroll: true });
  }

  async guarded(seen, ask) {
    const said = await ask().catch((error) => { console.warn(error); return t("error.not_read"); });
    if (said) this.said.set(seen.sighting_id, said);
    else this.said.delete(seen.sighting_id);
    this.draw();
  }

  // The trip that the vehicle was on, or that it came for.
  async showTrip(seen) {
    const at = Date.parse(seen.at);
    const { trips } = await getTrips({ vehicle_id: seen.vehicle_id, until: new Date(at + LATER_MS).toISOString(), limit: 5 });
    const oldestFirst = trips.reverse();
    const on = oldestFirst.find((trip) => trip.ended_at === null || Date.parse(trip.ended_at) >= at);
    if (!on) return t("passage.no_trip");
    const page = await getTrip(on.trip_id);
    this.focus.showTrip(page, this.corridors(page), this.title(seen), true);
    this.focus.markPassage(seen, this.title(seen));
    return null;
  }

  async showAlert(seen) {
    const { alerts } = await getAlerts({ camera_id: seen.camera_id, since: new Date(Date.parse(seen.first_seen_at) - AROUND_MS).toISOString(), limit: 200 });
    const about = alerts.find(({ passers }) => passers.some(({ track_uid }) => track_uid === seen.track_uid));
    if (!about) return t("passage.no_alert");
    await this.onAlert(about);
    return null;
  }

  view(seen) {
    document.getElementById("viewer-title").textContent = this.title(seen);
    document.getElementById("viewer-pictures").replaceChildren(h("figure", { class: "single" },
      h("img", { src: sightingPictureUrl(seen.sighting_id), alt: t("passage.picture") }), h("figcaption", {}, `${looks(seen)} ${seen.plate?.text ?? ""}`)));
    document.getElementById("viewer").showModal();
  }

  close() {
    if (this.open === null) return;
    this.open = this.laying = null;
    this.draw();
    this.focus.close();
  }

  onKey(event) {
    const card = event.target.closest(".thing");
    if (event.key === "Escape") {
      if (this.laying) this.actions.cancel();
      else this.close();
      return;
    }
    if (!card || event.target.matches("input")) return;
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (step) card[step]?.focus();
    else if (event.key === "Enter" && event.target === card) this.choose(card.dataset.id);
    else return;
    event.preventDefault();
  }
}
