const fieldRanges = [
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  { from: 1, to: 12 },
  { from: 0, to: 7 },
] as const;

/** Whether a cron line (minute, hour, day of month, month, day of week; UTC) names the minute of `atMs`. A line that makes no sense names none. */
export function cronMatches(line: string, atMs: number): boolean {
  const fields = line.trim().split(/\s+/);
  if (fields.length !== fieldRanges.length) return false;
  const at = new Date(atMs);
  const now = [at.getUTCMinutes(), at.getUTCHours(), at.getUTCDate(), at.getUTCMonth() + 1, at.getUTCDay()];
  const [minute, hour, day, month, weekday] = fields.map((field, i) => fieldTakes(field, fieldRanges[i].from, fieldRanges[i].to, now[i], i === 4));
  // As cron has it: where both days are given, either will do.
  const days = fields[2] === '*' || fields[4] === '*' ? day && weekday : day || weekday;
  return minute && hour && month && days;
}

function fieldTakes(field: string, from: number, to: number, value: number, isWeekday: boolean): boolean {
  return field.split(',').some((part) => {
    const [range, stepText] = part.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    const [firstText, lastText] = range === '*' ? [String(from), String(to)] : range.split('-');
    const first = Number(firstText);
    const last = lastText === undefined ? (stepText === undefined ? first : to) : Number(lastText);
    if (!Number.isInteger(first) || !Number.isInteger(last) || !(step >= 1)) return false;
    const candidates = isWeekday && value === 0 ? [0, 7] : [value];
    return candidates.some((one) => one >= first && one <= last && (one - first) % step === 0);
  });
}
