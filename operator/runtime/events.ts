import type { Logger } from '../../shared/log/log.ts';
import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import { KubeError, type KubeObject, type KubePort } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { microTime } from './micro-time.ts';
import { silentObserver, type RuntimeObserver } from './observer.ts';

export interface EventInput {
  readonly type: 'Normal' | 'Warning';
  /** Why, in one CamelCase word; for programs. */
  readonly reason: string;
  /** What was done or tried, in one CamelCase word. */
  readonly action: string;
  /** One sentence for people; cut at 1,024 bytes. */
  readonly note: string;
  /** Tells events of one reason apart that must not become one series. */
  readonly about?: string;
}

export interface EventRecorder {
  /** Never waits, never throws: an event that cannot be written is counted and dropped. */
  record(regarding: KubeObject, event: EventInput): void;
  /** Writes what is open; nothing can be recorded afterwards. */
  stop(): Promise<void>;
}

export interface EventRecorderOptions {
  readonly kube: Pick<KubePort, 'create' | 'patch'>;
  readonly ports: Ports;
  readonly log: Logger;
  /** `meridiancache.io/operator`. */
  readonly controller: string;
  /** Of this process, at most 128 characters. */
  readonly instance: string;
  readonly observer?: RuntimeObserver;
  readonly limits?: Partial<EventLimits>;
}

export interface EventLimits {
  /** A repeated event within this time counts up its series instead of being a new one. */
  readonly seriesMs: number;
  /** A series is written at most this often. */
  readonly flushMs: number;
  /** New events about one object: a burst, then one each refillMs. */
  readonly burst: number;
  readonly refillMs: number;
  /** Series and objects remembered. */
  readonly mostRemembered: number;
}

const eventLimits: EventLimits = { seriesMs: 360_000, flushMs: 30_000, burst: 50, refillMs: 60_000, mostRemembered: 4_096 };

interface Series {
  readonly object: KubeObject;
  count: number;
  lastMs: number;
  lastWallMs: number;
  flushTimer: TimerHandle | undefined;
  /** Writes of one series follow each other. */
  writing: Promise<void>;
}

/** Writes events.k8s.io/v1 Events: repeats become one series, and no object can make more than its share. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { kube, ports, log } = options;
  const { clock, timers } = ports;
  const observer = options.observer ?? silentObserver;
  const limits = { ...eventLimits, ...options.limits };
  const series = new Map<string, Series>();
  /** The newest series of each reason. */
  const newest = new Map<string, Series>();
  const spent = new Map<string, { tokens: number; atMs: number }>();
  let stopped = false;

  const write = (one: Series, send: () => Promise<unknown>): void => {
    one.writing = one.writing.then(send).then(
      () => observer.event('written'),
      (error: unknown) => {
        observer.event('failed');
        log.debug('an event could not be written', { event: one.object.metadata.name, error });
      },
    );
  };
  const flush = (one: Series): void => {
    timers.cancel(one.flushTimer);
    one.flushTimer = undefined;
    const { namespace, name } = one.object.metadata;
    const counted = { count: one.count, lastObservedTime: microTime(one.lastWallMs) };
    write(one, async () => {
      try {
        await kube.patch(resourceTypes.event, namespace, name, { series: counted });
      } catch (error) {
        // It outlived the server's time to live, or its creation failed.
        if (!(error instanceof KubeError) || error.code !== 404) throw error;
        await kube.create(resourceTypes.event, { ...one.object, series: counted });
      }
    });
  };
  const allowed = (uid: string): boolean => {
    const nowMs = clock.monotonicMs();
    const before = spent.get(uid) ?? { tokens: limits.burst, atMs: nowMs };
    const tokens = Math.min(limits.burst, before.tokens + (nowMs - before.atMs) / limits.refillMs);
    spent.delete(uid);
    spent.set(uid, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs });
    forgetOldest(spent, limits.mostRemembered);
    return tokens >= 1;
  };
  const repeat = (one: Series): void => {
    one.count += 1;
    one.lastMs = clock.monotonicMs();
    one.lastWallMs = clock.wallMs();
    observer.event('merged');
    one.flushTimer ??= timers.after(limits.flushMs, () => flush(one), { keepAlive: false });
  };

  /** Over its share, an object's event counts up the newest of its reason, whatever that says. */
  const repeatOrDrop = (one: Series | undefined): void => (one && clock.monotonicMs() - one.lastMs < limits.seriesMs ? repeat(one) : observer.event('dropped'));

  return {
    record(regarding, event) {
      if (stopped) return;
      const uid = regarding.metadata.uid ?? '';
      const reason = JSON.stringify([uid, event.type, event.reason, event.action, event.about]);
      // A note cannot be changed once it is written: another sentence is another event, or people would read what was true before.
      const id = `${reason}${event.note}`;
      const known = series.get(id);
      if (known && clock.monotonicMs() - known.lastMs < limits.seriesMs) return repeat(known);
      if (!allowed(uid)) return repeatOrDrop(newest.get(reason));
      if (known?.flushTimer) flush(known);
      const object = eventObject(options, regarding, event);
      const one: Series = { object, count: 1, lastMs: clock.monotonicMs(), lastWallMs: clock.wallMs(), flushTimer: undefined, writing: Promise.resolve() };
      remember(series, id, one);
      remember(newest, reason, one);
      forgetOldest(newest, limits.mostRemembered);
      for (const old of forgetOldest(series, limits.mostRemembered)) if (old.flushTimer) flush(old);
      write(one, () => kube.create(resourceTypes.event, object));
    },
    async stop() {
      stopped = true;
      for (const one of series.values()) if (one.flushTimer) flush(one);
      await Promise.all([...series.values()].map((one) => one.writing));
    },
  };
}

const mostNoteBytes = 1_024;

function eventObject({ ports, controller, instance }: EventRecorderOptions, regarding: KubeObject, event: EventInput): KubeObject {
  const { namespace, name, uid, resourceVersion } = regarding.metadata;
  const unique = Buffer.from(ports.random.bytes(8)).toString('hex');
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    // Names are at most 253 characters; events of cluster-wide objects live in `default`.
    metadata: { namespace: namespace ?? 'default', name: `${name.slice(0, 200)}.${unique}` },
    eventTime: microTime(ports.clock.wallMs()),
    reportingController: controller,
    reportingInstance: instance.slice(0, 128),
    regarding: { apiVersion: regarding.apiVersion, kind: regarding.kind, ...(namespace ? { namespace } : {}), name, uid, resourceVersion },
    type: event.type,
    reason: event.reason,
    action: event.action,
    note: cutBytes(event.note, mostNoteBytes),
  };
}

/** At most `most` bytes of UTF-8, without half a character at the end. */
function cutBytes(text: string, most: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= most) return text;
  let end = most - 3;
  while ((bytes[end] & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString('utf8', 0, end)}…`;
}

/** Puts the newest last. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
}

function forgetOldest<T>(map: Map<string, T>, most: number): T[] {
  const gone: T[] = [];
  for (const [key, value] of map) {
    if (map.size <= most) break;
    map.delete(key);
    gone.push(value);
  }
  return gone;
}
