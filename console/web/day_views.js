// The views beside the alerts: passages, cameras, a day's trips, a day's rounds, and what of them is on the map.
import { getReconciliation, getRound, getRounds, getTrip, getTrips } from "./api.js";
import { DayPicker } from "./day.js";
import { DayList } from "./day_list.js";
import { Focus } from "./focus.js";
import { hourMinute } from "./format.js";
import { t } from "./i18n.js";
import { ROUND_STATES, roundCard, roundSummary } from "./round_card.js";
import { OUTCOMES, tripCard, tripSummary } from "./trip_card.js";

const $ = (id) => document.getElementById(id);
const VIEWS = ["alerts", "passages", "trips", "rounds", "cameras"];
const within = (name) => ({ element: $(name), chips: $(`${name}-chips`), summary: $(`${name}-summary`) });

const TRIP = { name: "trip", id: "trip_id", state: "outcome", states: OUTCOMES, word: "outcome", none: "trips.none", counts: ({ total }) => total.outcomes };
const ROUND = {
  name: "round", id: "round_id", state: "state", states: ROUND_STATES, word: "round", none: "rounds.none",
  counts: ({ plans }) => Object.fromEntries(ROUND_STATES.map((state) => [state, plans.reduce((sum, plan) => sum + plan[state], 0)])),
};

export class DayViews {
  // world(): {vehicles, plans, routes: Maps by id, now: Date}
  constructor(map, { world, onAlert }) {
    this.world = world;
    this.view = "alerts";
    this.wanted = null; // a day, or null for today
    this.focus = new Focus(map, $("focus"), { onClose: () => (this.lists[this.view] ?? this.others[this.view])?.close(), onAlert });
    const onClose = () => this.focus.close();
    const trips = new DayList(within("trips"), TRIP, {
      getPage: async (query) => { const { trips: found, next } = await getTrips(query); return { found, next }; },
      getOne: getTrip, onClose,
      drawCard: (trip, page) => tripCard(trip, page, { vehicle: world().vehicles.get(trip.vehicle_id), now: world().now, onAlert }),
      drawSummary: tripSummary,
      onChoose: (page, first) => this.focus.showTrip(page, this.corridors(page), this.title(world().vehicles.get(page.trip.vehicle_id)?.plate ?? page.trip.vehicle_id, page.trip.began_at, page.trip.ended_at), first),
    });
    const rounds = new DayList(within("rounds"), ROUND, {
      getPage: async (query) => { const { rounds: found, next } = await getRounds(query); return { found, next }; },
      getOne: getRound, onClose,
      drawCard: (round, page) => roundCard(round, page, {
        plan: world().plans.get(round.plan_id), vehicles: world().vehicles, onAlert, onSegment: (i, fly) => this.focus.highlight(i, fly),
      }),
      drawSummary: roundSummary,
      onChoose: (page, first) => this.focus.showRound(page, this.title(world().plans.get(page.round.plan_id)?.name ?? page.round.plan_id, page.round.window_from, page.round.window_to), first),
    });
    this.lists = { trips, rounds };
    this.others = {}; // views that are not of a day: {refresh(), draw(), close()} by name
    this.pickers = ["trips-day", "rounds-day"].map((id) => new DayPicker($(id), (day) => this.pick(day)));
    for (const button of $("views").children) button.addEventListener("click", () => this.turnTo(button.dataset.view));
    $("views").addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = VIEWS[(VIEWS.indexOf(this.view) + step + VIEWS.length) % VIEWS.length];
      this.turnTo(next);
      $("views").querySelector(`[data-view=${next}]`).focus();
    });
  }

  corridors({ permit }) {
    const { routes } = this.world();
    return (permit?.route_ids ?? []).map((id) => routes.get(id)).filter(Boolean);
  }

  title(name, from, to) {
    return `${name}  ${hourMinute(new Date(from))}–${to ? hourMinute(new Date(to)) : t("trip.till_now")}`;
  }

  async turnTo(view) {
    (this.lists[this.view] ?? this.others[this.view])?.close();
    this.view = view;
    for (const button of $("views").children) {
      const chosen = button.dataset.view === view;
      button.setAttribute("aria-selected", String(chosen));
      button.tabIndex = chosen ? 0 : -1;
      $(`view-${button.dataset.view}`).hidden = !chosen;
    }
    await this.refresh();
  }

  async pick(day) {
    this.wanted = day;
    for (const picker of this.pickers) picker.wanted = day;
    await this.refresh();
  }

  // What is looked at, as it is now.
  async refresh() {
    const list = this.lists[this.view];
    if (!list) return this.others[this.view]?.refresh();
    const asked = this.wanted;
    try {
      const day = await getReconciliation(asked);
      if (asked !== this.wanted) return;
      for (const picker of this.pickers) picker.show(day.day);
      await list.load(day);
    } catch (error) {
      console.info(error); // the banner says when the server is away; the next turn tries again
    }
  }

  draw() {
    for (const list of [...Object.values(this.lists), ...Object.values(this.others)]) list.draw();
    for (const picker of this.pickers) picker.draw();
    const list = this.lists[this.view];
    if (list?.page) list.onChoose(list.page, false);
  }
}
