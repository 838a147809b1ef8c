import type { LatencyEvent, LatencyMonitor, LatencySample } from '../commands/services.ts';

const samplesKept = 160;

/** Spikes of latency by event, as LATENCY shows them; off while the threshold is 0. */
export class LatencySpikes implements LatencyMonitor {
  /** latency-monitor-threshold, milliseconds. */
  thresholdMs = 0;
  readonly #events = new Map<string, { samples: LatencySample[]; maxMs: number }>();

  add(event: string, nowMs: number, milliseconds: number): void {
    if (this.thresholdMs === 0 || milliseconds < this.thresholdMs) return;
    const atSeconds = Math.floor(nowMs / 1000);
    const ms = Math.round(milliseconds);
    const known = this.#events.get(event) ?? { samples: [], maxMs: 0 };
    this.#events.set(event, known);
    known.maxMs = Math.max(known.maxMs, ms);
    const last = known.samples.at(-1);
    // The worst of a second stands for it.
    if (last?.atSeconds === atSeconds) known.samples[known.samples.length - 1] = { atSeconds, ms: Math.max(last.ms, ms) };
    else known.samples.push({ atSeconds, ms });
    if (known.samples.length > samplesKept) known.samples.shift();
  }

  latest(): readonly LatencyEvent[] {
    return [...this.#events].map(([name, { samples, maxMs }]) => ({ name, last: samples.at(-1) as LatencySample, maxMs }));
  }

  history(event: string): readonly LatencySample[] {
    return this.#events.get(event)?.samples ?? [];
  }

  reset(events: readonly string[]): number {
    const names = events.length === 0 ? [...this.#events.keys()] : events;
    return names.filter((name) => this.#events.delete(name)).length;
  }
}
