// Requests to /api/v1.
const ROOT = "api/v1/";

export class RequestError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function request(path, options) {
  const response = await fetch(ROOT + path, { credentials: "same-origin", ...options });
  if (!response.ok) {
    const body = await response.json().catch(() => ({}));
    throw new RequestError(response.status, body.detail ?? response.statusText);
  }
  return response.json();
}

export const getSite = () => request("site");
export const getVehicles = () => request("vehicles");
export const getCameras = () => request("cameras");
export const getStatus = () => request("status");
export const getHours = (hours) => request(`alerts-per-hour?hours=${hours}`);
export const getAlert = (id) => request(`alerts/${id}`);
export const getAlerts = (query) => request(`alerts?${new URLSearchParams(query)}`);
export const getReconciliation = (day) => request(day ? `reconciliation?day=${day}` : "reconciliation");
export const getTrips = (query) => request(`trips?${new URLSearchParams(query)}`);
export const getTrip = (id) => request(`trips/${id}`);
export const getRounds = (query) => request(`rounds?${new URLSearchParams(query)}`);
export const getRound = (id) => request(`rounds/${id}`);
export const evidenceUrl = (id) => `${ROOT}evidence/${id}`;
export const eventsUrl = () => `${ROOT}events`;

export const decide = (id, decision, note) =>
  request(`alerts/${id}/${decision}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ note }),
  });
