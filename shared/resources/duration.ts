/** Durations as Go writes them: `30s`, `1h30m`, `250ms`, `1.5h`, `0`. */
const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, 'µs': 1e-3, 'μs': 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const durationText = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const durationPart = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
/** Go keeps durations in 64-bit nanoseconds. */
const maxDurationMs = 2 ** 63 / 1e6;

/** Milliseconds, undefined when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!durationText.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(durationPart)) totalMs += Number(amount) * unitMs[unit];
  if (totalMs >= maxDurationMs) return undefined;
  return text.startsWith('-') ? -totalMs : totalMs;
}

/** Throws RangeError for what is not a duration: admission has refused that before. */
export function durationToMs(text: string): number {
  const parsedMs = parseDuration(text);
  if (parsedMs === undefined) throw new RangeError(`not a duration: ${text}`);
  return parsedMs;
}

/** 5400000 → `1h30m`; 1500 → `1s500ms`; 0 → `0s`. Whole milliseconds. */
export function formatDuration(durationMs: number): string {
  let restMs = Math.round(Math.abs(durationMs));
  let text = '';
  for (const unit of ['h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(restMs / unitMs[unit]);
    restMs -= count * unitMs[unit];
    if (count > 0) text += `${count}${unit}`;
  }
  if (text === '') return '0s';
  return durationMs < 0 ? `-${text}` : text;
}
