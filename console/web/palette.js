// Colours that mean something; style/*.css holds the rest.
export const VEHICLE = { muck: "#ffb224", sweeper: "#4cc2ff", washer: "#2ee6c5", collector: "#b794ff", unknown: "#c5d0db" };
export const SEVERITY = { serious: "#ff4d5e", warning: "#ff9f2e", notice: "#56a8ff" };
export const ZONE = {
  site: { color: "#ff8a3d", fillOpacity: 0.16 },
  ground: { color: "#8fd14f", fillOpacity: 0.16 },
  transfer_station: { color: "#35d0e0", fillOpacity: 0.18 },
  hotspot: { color: "#ff5d73", fillOpacity: 0.14, dashArray: "4 4" },
  restricted: { color: "#e879c9", fillOpacity: 0.12, dashArray: "8 4" },
  depot: { color: "#9fb0c3", fillOpacity: 0.16 },
  work_area: { color: "#4f7fd6", fillOpacity: 0.04, dashArray: "2 6" },
};
export const ROUTE = { corridor: "#ffd479", sweep: "#4cc2ff", wash: "#2ee6c5", collect: "#b794ff" };
// In the order of the legend, and of the bar on a round's card.
export const SEGMENT = { covered: "#3ddc97", too_fast: "#ff9f2e", too_slow: "#ffe066", out_of_order: "#c792ff", late: "#ff8fc7", missed: "#ff4d5e", pending: "#7d91a5" };
export const TRACK = { loading: "#9fb0c3", laden: "#ffb224", unloading: "#8fd14f", gap: "#ff4d5e", permitted: "#ffd479", work: "#e8eff6" };
export const CAMERA = { online: "#8ad7ff", offline: "#ff4d5e", frozen: "#ff9f2e", faulty: "#ffe066", unknown: "#7d91a5" };
