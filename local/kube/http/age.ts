/** Since an RFC 3339 time, as kubectl shows ages: `42s`, `5m3s`, `12m`, `3h10m`, `2d4h`, `40d`. */
export function ageText(since: string, nowMs: number): string {
  const sinceMs = Date.parse(since);
  if (Number.isNaN(sinceMs)) return '<unknown>';
  const seconds = Math.max(0, Math.floor((nowMs - sinceMs) / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return withRest(days, 'd', hours % 24, 'h');
  return days < 730 ? `${days}d` : withRest(Math.floor(days / 365), 'y', days % 365, 'd');
}

const withRest = (whole: number, unit: string, rest: number, restUnit: string): string => (rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${restUnit}`);
