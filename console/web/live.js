// The event stream, and whether it still speaks.
import { eventsUrl } from "./api.js";

const SILENT_AFTER_MS = 12000; // the server speaks at least every 5 s
const REOPEN_AFTER_MS = 3000;

// handlers: {snapshot, vehicles, alert, trips, sightings, placements, cameras, status, site}; onState("live" | "lost", since: Date | null)
export function follow(handlers, onState) {
  let source, heard = Date.now(), lostSince = null;

  const lose = () => {
    lostSince ??= new Date(heard);
    onState("lost", lostSince);
  };
  const hear = () => {
    heard = Date.now();
    if (lostSince) lostSince = null;
    onState("live", null);
  };
  const open = () => {
    source?.close();
    source = new EventSource(eventsUrl());
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        hear();
        handle(JSON.parse(event.data));
      });
    }
    source.onerror = lose; // the browser tries again by itself, unless it gave up
  };

  open();
  setInterval(() => {
    const silent = Date.now() - heard > SILENT_AFTER_MS;
    if (silent) lose();
    if (source.readyState === EventSource.CLOSED || (silent && Date.now() - heard > SILENT_AFTER_MS * 2)) {
      if (silent) heard += REOPEN_AFTER_MS; // not more often than that
      open();
    }
  }, REOPEN_AFTER_MS);
}
