// Small plane geometry around a place; metres per degree at its latitude.
const M_PER_DEG = 111320;

function distanceToSegment(lon, lat, [ax, ay], [bx, by]) {
  const kx = M_PER_DEG * Math.cos((lat * Math.PI) / 180);
  const px = (lon - ax) * kx, py = (lat - ay) * M_PER_DEG;
  const dx = (bx - ax) * kx, dy = (by - ay) * M_PER_DEG;
  const length2 = dx * dx + dy * dy;
  const f = length2 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length2)) : 0;
  return Math.hypot(px - f * dx, py - f * dy);
}

// The name of the nearest named road within `withinM`, or null.
export function nearestRoad(roads, lon, lat, withinM = 120) {
  let best = null, bestM = withinM;
  for (const road of roads.features) {
    if (!road.properties.name) continue;
    const line = road.geometry.coordinates;
    for (let i = 1; i < line.length; i++) {
      const m = distanceToSegment(lon, lat, line[i - 1], line[i]);
      if (m < bestM) [best, bestM] = [road.properties.name, m];
    }
  }
  return best;
}

// The compass bearing from one [lat, lon] to another near it, in degrees.
export function bearing([lat1, lon1], [lat2, lon2]) {
  const east = (lon2 - lon1) * Math.cos((lat1 * Math.PI) / 180);
  return (Math.atan2(east, lat2 - lat1) * 180) / Math.PI;
}

// A sector of `reachM` metres and `angleDeg` around a heading, as [lat, lon] corners.
export function sector(lon, lat, headingDeg, reachM = 110, angleDeg = 60) {
  const kx = M_PER_DEG * Math.cos((lat * Math.PI) / 180);
  const corners = [[lat, lon]];
  for (let a = -angleDeg / 2; a <= angleDeg / 2; a += angleDeg / 8) {
    const angle = ((headingDeg + a) * Math.PI) / 180;
    corners.push([lat + (reachM * Math.cos(angle)) / M_PER_DEG, lon + (reachM * Math.sin(angle)) / kx]);
  }
  return corners;
}

// Roads of one name that meet end to end, joined: [{name, line}], for writing the name once.
export function joinedByName(roads) {
  const byName = new Map();
  for (const { properties, geometry } of roads.features) {
    if (!properties.name) continue;
    if (!byName.has(properties.name)) byName.set(properties.name, []);
    byName.get(properties.name).push([...geometry.coordinates]);
  }
  const same = (a, b) => a[0] === b[0] && a[1] === b[1];
  const joined = [];
  for (const [name, lines] of byName) {
    while (lines.length) {
      let line = lines.pop(), grew = true;
      while (grew) {
        grew = false;
        for (let i = 0; i < lines.length; i++) {
          let other = lines[i];
          if (same(line.at(-1), other.at(-1)) || same(line[0], other[0])) other = [...other].reverse();
          if (same(line.at(-1), other[0])) line = [...line, ...other.slice(1)];
          else if (same(other.at(-1), line[0])) line = [...other, ...line.slice(1)];
          else continue;
          lines.splice(i, 1);
          grew = true;
          break;
        }
      }
      joined.push({ name, line });
    }
  }
  return joined;
}
