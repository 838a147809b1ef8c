import { KubeError, type KubeObject, type KubePort, type ResourceType, type WatchEvent } from '../kube/port.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import { backoffMs } from './backoff.ts';
import { typeName } from './object-key.ts';
import type { RuntimeObserver } from './observer.ts';

export interface ReflectorTiming {
  readonly pageSize: number;
  /** The server ends a watch after this long, up to twice as long by chance. */
  readonly watchSeconds: number;
  /** A watch that brings neither event nor bookmark for this long is taken for dead (half-open connection). */
  readonly idleMs: number;
  /** A page that does not come within this time is taken for lost. */
  readonly pageTimeoutMs: number;
  readonly firstBackoffMs: number;
  readonly mostBackoffMs: number;
  /** How soon a type is looked for again that is not there. */
  readonly absentMs: number;
}

/** API servers send a bookmark a minute, so 90 s of silence is more than quiet. */
export const reflectorTiming: ReflectorTiming = {
  pageSize: 500,
  watchSeconds: 300,
  idleMs: 90_000,
  pageTimeoutMs: 60_000,
  firstBackoffMs: 200,
  mostBackoffMs: 30_000,
  absentMs: 10_000,
};

/** Where a reflector puts what it learns. Both are called synchronously and in order. */
export interface ReflectorSink {
  /** The whole truth at one moment. */
  replace(items: readonly KubeObject[], resourceVersion: string): void;
  apply(event: WatchEvent, resourceVersion: string): void;
  /** The type is not there, or not for us. */
  absent(): void;
}

export interface ReflectorOptions {
  readonly kube: Pick<KubePort, 'list' | 'watch'>;
  readonly type: ResourceType;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly ports: Ports;
  readonly log: Logger;
  readonly observer: RuntimeObserver;
  readonly timing: ReflectorTiming;
  /** Not every Kubernetes cluster has the type: that is no fault. */
  readonly optional: boolean;
  readonly sink: ReflectorSink;
}

export interface Reflector {
  /** Since the server was last heard of: a page, an event or a bookmark. */
  ageMs(): number;
  stop(): void;
}

/**
 * Mirrors one type: lists by pages, then watches from there for ever. Whatever happens (500, reset, truncated JSON, silence,
 * 410), it goes on: from the last version seen where that is possible, else by a new list.
 */
export function startReflector(options: ReflectorOptions): Reflector {
  const { kube, ports, timing, observer, sink, type } = options;
  const { clock, timers } = ports;
  const name = typeName(type);
  const log = options.log.with({ type: name, ...(options.namespace ? { namespace: options.namespace } : {}) });
  const scope = { namespace: options.namespace, labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };
  /** Raised whenever what is under way is given up: late answers of an older turn are not heard. */
  let turn = 0;
  let failures = 0;
  let heardMs = clock.monotonicMs();
  let resourceVersion = '';
  let stopWatch: (() => void) | undefined;
  let timer: TimerHandle | undefined;

  const hear = (): void => {
    heardMs = clock.monotonicMs();
  };
  const abandon = (): number => {
    timers.cancel(timer);
    timer = undefined;
    const stop = stopWatch;
    stopWatch = undefined;
    turn += 1;
    stop?.();
    return turn;
  };

  const list = (): void => {
    const mine = abandon();
    timer = timers.after(timing.pageTimeoutMs, () => onPageTimeout(mine));
    const heardPage = (): boolean => {
      if (mine !== turn) return false;
      hear();
      timers.cancel(timer);
      timer = timers.after(timing.pageTimeoutMs, () => onPageTimeout(mine));
      return true;
    };
    listAll(options, scope, heardPage).then(
      (all) => {
        if (mine !== turn || !all) return;
        observer.listed(name, 'ok');
        resourceVersion = all.resourceVersion;
        guarded(() => sink.replace(all.items, resourceVersion));
        if (mine === turn) watch();
      },
      (error: unknown) => {
        if (mine === turn) onListError(error);
      },
    );
  };
  const onPageTimeout = (mine: number): void => {
    if (mine === turn) onListError(new Error(`no answer to a list within ${timing.pageTimeoutMs} ms`));
  };
  const onListError = (error: unknown): void => {
    if (options.optional && isAbsent(error)) {
      const mine = abandon();
      failures = 0;
      hear();
      log.debug('the type is not there', { error: wordsOf(error) });
      guarded(() => sink.absent());
      if (mine === turn) timer = timers.after(timing.absentMs, list, { keepAlive: false });
      return;
    }
    observer.listed(name, 'error');
    later(list, 'list failed', error);
  };

  const watch = (): void => {
    const mine = abandon();
    const startedMs = clock.monotonicMs();
    hear();
    const timeoutSeconds = Math.ceil(timing.watchSeconds * (1 + ports.random.unit()));
    const stop = kube.watch(type, { ...scope, resourceVersion, timeoutSeconds }, {
      event(event) {
        if (mine !== turn) return;
        hear();
        failures = 0;
        resourceVersion = event.type === 'BOOKMARK' ? event.resourceVersion : (event.object.metadata.resourceVersion ?? resourceVersion);
        guarded(() => sink.apply(event, resourceVersion));
      },
      end(error) {
        if (mine === turn) onWatchEnd(error, clock.monotonicMs() - startedMs);
      },
    });
    // It may have ended, or the reflector stopped, before watch() returned.
    if (mine !== turn) return;
    stopWatch = stop;
    guardIdle(mine, timing.idleMs);
  };
  const onWatchEnd = (error: Error | undefined, lastedMs: number): void => {
    stopWatch = undefined;
    if (isExpired(error)) {
      observer.watchEnded(name, 'expired');
      if (failures === 0) {
        failures = 1;
        list();
      } else later(list, 'watch expired', error);
    } else if (options.optional && isAbsent(error)) {
      observer.watchEnded(name, 'error');
      list();
    } else if (error) {
      observer.watchEnded(name, 'error');
      later(watch, 'watch failed', error);
    } else {
      observer.watchEnded(name, 'timeout');
      // A server that ends watches as soon as they start must not be asked in a tight loop.
      if (lastedMs >= shortWatchMs) {
        failures = 0;
        watch();
      } else later(watch, 'watch ended early', undefined);
    }
  };
  const guardIdle = (mine: number, delayMs: number): void => {
    timer = timers.after(delayMs, () => {
      if (mine !== turn) return;
      const leftMs = timing.idleMs - (clock.monotonicMs() - heardMs);
      if (leftMs > 0) return guardIdle(mine, leftMs);
      observer.watchEnded(name, 'idle');
      log.debug('watch is silent, starting it anew', { idleMs: timing.idleMs });
      watch();
    }, { keepAlive: false });
  };

  const later = (again: () => void, message: string, error: unknown): void => {
    const mine = abandon();
    failures += 1;
    const asked = error instanceof KubeError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const delayMs = Math.max(asked, backoffMs({ firstMs: timing.firstBackoffMs, mostMs: timing.mostBackoffMs }, failures, ports.random));
    log.warn(message, { error: wordsOf(error), failures, delayMs: Math.round(delayMs) });
    timer = timers.after(delayMs, () => {
      if (mine === turn) again();
    });
  };
  const guarded = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      observer.handlerFailed(name);
      log.error('a change could not be taken in, listing anew', { error });
      later(list, 'cache update failed', error);
    }
  };

  list();
  return { ageMs: () => clock.monotonicMs() - heardMs, stop: () => void abandon() };
}

/** Shorter than any watch that a healthy server ends by itself. */
const shortWatchMs = 1_000;

/** A 404 for a whole type, whose definition is not installed; a 403 where its use was not granted. */
const isAbsent = (error: unknown): boolean => error instanceof KubeError && (error.code === 404 || error.code === 403);

const isExpired = (error: unknown): boolean => error instanceof KubeError && error.code === 410;

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

interface Listed {
  readonly items: KubeObject[];
  readonly resourceVersion: string;
}

/** All pages of one list. A continue token that expired on the way starts it over, the second time without pages. */
async function listAll(options: ReflectorOptions, scope: object, heardPage: () => boolean): Promise<Listed | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await listPages(options, scope, attempt < 2 ? options.timing.pageSize : undefined, heardPage);
    } catch (error) {
      if (!isExpired(error) || attempt >= 2) throw error;
    }
  }
}

async function listPages(options: ReflectorOptions, scope: object, limit: number | undefined, heardPage: () => boolean): Promise<Listed | undefined> {
  const items: KubeObject[] = [];
  let next: string | undefined;
  do {
    const page = await options.kube.list(options.type, { ...scope, limit, ...(next ? { continue: next } : {}) });
    if (!heardPage()) return undefined;
    for (const item of page.items) items.push(item);
    next = page.continue;
    if (!next) return { items, resourceVersion: page.resourceVersion };
  } while (next);
  return undefined;
}
