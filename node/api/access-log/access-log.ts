import type { Ports } from '../../../shared/ports/ports.ts';
import type { AccessRecord } from './record.ts';

/** Where records go. */
export interface AccessSink {
  readonly name: string;
  /** Takes a batch, or rejects: then it is lost. A sink that cannot take anything now says so by `ready`. */
  write(records: readonly AccessRecord[]): Promise<void>;
  /** False: what comes waits, up to the bound. */
  readonly ready: boolean;
  close(): Promise<void>;
}

export interface AccessLogOptions {
  readonly ports: Ports;
  readonly sinks: readonly AccessSink[];
  /** 0 … 1: the part of the requests that is written down. */
  readonly sample: number;
  /** Records that wait for one sink; more are dropped. */
  readonly mostWaiting?: number;
  /** A batch was lost, and why: for the log. */
  readonly lost: (sink: string, records: number, error: unknown) => void;
}

export interface AccessLog {
  /** Records go somewhere. */
  readonly active: boolean;
  /** Costs the request a comparison and a push, whatever becomes of the record. */
  record(record: AccessRecord): void;
  readonly written: number;
  /** For want of room, or with a batch that a sink refused. */
  readonly dropped: number;
  /** Writes what waits, once. */
  close(): Promise<void>;
}

const flushEveryMs = 1_000;
const mostInBatch = 2_000;
const defaultMostWaiting = 20_000;

interface Lane {
  readonly sink: AccessSink;
  waiting: AccessRecord[];
  writing: Promise<void> | undefined;
}

/** Sampled, bounded, and beside the requests: a sink that is slow or gone costs records, never a request. */
export function createAccessLog({ ports, sinks, sample, mostWaiting = defaultMostWaiting, lost }: AccessLogOptions): AccessLog {
  const lanes = sinks.map((sink): Lane => ({ sink, waiting: [], writing: undefined }));
  let written = 0;
  let dropped = 0;

  async function drain(lane: Lane): Promise<void> {
    while (lane.waiting.length > 0 && lane.sink.ready) {
      const batch = lane.waiting.splice(0, mostInBatch);
      try {
        await lane.sink.write(batch);
        written += batch.length;
      } catch (error) {
        dropped += batch.length;
        lost(lane.sink.name, batch.length, error);
      }
    }
  }

  const flush = (): void => {
    for (const lane of lanes) lane.writing ??= drain(lane).then(() => (lane.writing = undefined));
  };
  const timer = lanes.length === 0 ? undefined : ports.timers.every(flushEveryMs, flush, { keepAlive: false });

  return {
    active: lanes.length > 0,
    record(record) {
      if (lanes.length === 0 || (sample < 1 && ports.random.unit() >= sample)) return;
      for (const { waiting } of lanes) {
        if (waiting.length < mostWaiting) waiting.push(record);
        else dropped++;
      }
    },
    get written() {
      return written;
    },
    get dropped() {
      return dropped;
    },
    async close() {
      ports.timers.cancel(timer);
      flush();
      await Promise.all(lanes.map(async (lane) => {
        await lane.writing;
        await lane.sink.close();
      }));
    },
  };
}
