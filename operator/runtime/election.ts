import type { Logger } from '../../shared/log/log.ts';
import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import { KubeError, type KubeObject, type KubePort } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import type { WriteGate } from '../kube/write-gate.ts';
import { acquired, isFree, leaseSpec, newLease, released, renewed, sighted, type Sighting } from './election-record.ts';
import { silentObserver, type RuntimeObserver } from './observer.ts';

export interface ElectionTiming {
  /** Others may take over when they have seen no renewal for this long. */
  readonly leaseMs: number;
  /** The leader stops writing when its last successful renewal was sent this long ago; well below leaseMs. */
  readonly writeMs: number;
  /** Between tries; a tenth more or less by chance. */
  readonly retryMs: number;
}

/** Five seconds lie between the last write of a leader and the first of its successor. */
export const electionTiming: ElectionTiming = { leaseMs: 15_000, writeMs: 10_000, retryMs: 2_000 };

export interface ElectionOptions {
  /** Not behind this election's gate, with limits of its own, and with request time-outs below writeMs. */
  readonly kube: Pick<KubePort, 'get' | 'create' | 'replace'>;
  readonly ports: Ports;
  readonly log: Logger;
  readonly namespace: string;
  readonly name: string;
  /** Of this process, not of its pod: a restarted process is another candidate. */
  readonly identity: string;
  readonly timing?: Partial<ElectionTiming>;
  readonly observer?: RuntimeObserver;
  readonly onElected: () => void;
  /** Writing has stopped already. The election is over; the program is to end and start anew. */
  readonly onLost: (why: string) => void;
}

export interface Election {
  readonly gate: WriteGate;
  isLeader(): boolean;
  /** Closes the gate, then gives the Lease up so that the next candidate need not wait. */
  release(): Promise<void>;
}

type State =
  | { readonly kind: 'candidate'; readonly sighting: Sighting | undefined }
  | { readonly kind: 'leader'; readonly lease: KubeObject; readonly sentMs: number; readonly sentWallMs: number }
  | { readonly kind: 'over'; readonly why: string };

/**
 * Leader election by one Lease: candidate → leader → over.
 *
 *     leader:     sent ├──────── may write ────────┤ writeMs        ┆ leaseMs
 *     candidate:      seen ├────────────── silent ─────────────────────┤ takes over
 *
 * A candidate's time starts at the earliest when the leader's renewal was stored, so at the earliest when it was sent.
 */
export function startElection(options: ElectionOptions): Election {
  const { kube, ports, log, namespace, name, identity } = options;
  const { clock, timers } = ports;
  const timing = { ...electionTiming, ...options.timing };
  const observer = options.observer ?? silentObserver;
  const closeListeners = new Set<() => void>();
  const type = resourceTypes.lease;
  let state: State = { kind: 'candidate', sighting: undefined };
  let tryTimer: TimerHandle | undefined;
  let lossTimer: TimerHandle | undefined;
  let attempt: Promise<void> = Promise.resolve();

  const closed = (): string | undefined => {
    if (state.kind === 'candidate') return 'this replica is not the leader';
    if (state.kind === 'over') return state.why;
    // Both clocks: one stands still while a machine sleeps, the other may be set back.
    const elapsedMs = Math.max(clock.monotonicMs() - state.sentMs, clock.wallMs() - state.sentWallMs);
    return elapsedMs >= timing.writeMs ? 'the Lease was not renewed in time' : undefined;
  };
  const end = (why: string): void => {
    const led = state.kind === 'leader';
    state = { kind: 'over', why };
    timers.cancel(tryTimer);
    timers.cancel(lossTimer);
    observer.leader(false);
    for (const listener of closeListeners) listener();
    closeListeners.clear();
    log.info(led ? 'leadership ended' : 'candidature ended', { lease: name, identity, why });
  };
  const lose = (why: string): void => {
    end(why);
    options.onLost(why);
  };
  const hold = (lease: KubeObject, sentMs: number, sentWallMs: number): void => {
    const first = state.kind === 'candidate';
    state = { kind: 'leader', lease, sentMs, sentWallMs };
    timers.cancel(lossTimer);
    lossTimer = timers.after(Math.max(0, sentMs + timing.writeMs - clock.monotonicMs()), () => lose('the Lease was not renewed in time'));
    if (!first) return;
    log.info('elected', { lease: name, identity, transitions: leaseSpec(lease).leaseTransitions });
    observer.leader(true);
    options.onElected();
  };

  /** One write of the Lease; once stored it counts from when it was sent. */
  const write = async (send: (wallMs: number) => Promise<KubeObject>): Promise<void> => {
    const sentMs = clock.monotonicMs();
    const sentWallMs = clock.wallMs();
    const lease = await send(sentWallMs);
    if (state.kind !== 'over') hold(lease, sentMs, sentWallMs);
  };
  const contend = async (known: Sighting | undefined): Promise<void> => {
    const lease = await kube.get(type, namespace, name);
    if (state.kind !== 'candidate') return;
    const nowMs = clock.monotonicMs();
    const sighting = lease ? sighted(known, lease, nowMs, timing.leaseMs) : known;
    state = { kind: 'candidate', sighting };
    // A Lease that someone deleted does not free its holder from believing in it: wait as if it were there.
    if (!isFree(sighting, nowMs)) return;
    await write((wallMs) => (lease ? kube.replace(type, acquired(lease, identity, timing.leaseMs, wallMs)) : kube.create(type, newLease(namespace, name, identity, timing.leaseMs, wallMs))));
  };
  const renew = async (lease: KubeObject): Promise<void> => {
    try {
      await write((wallMs) => kube.replace(type, renewed(lease, wallMs)));
    } catch (error) {
      if (!(error instanceof KubeError) || (error.code !== 409 && error.code !== 404)) throw error;
      const now = await kube.get(type, namespace, name);
      if (state.kind !== 'leader') return;
      if (!now || now.metadata.uid !== lease.metadata.uid) return lose('the Lease was deleted');
      if (leaseSpec(now).holderIdentity !== identity) return lose(`the Lease was taken by "${leaseSpec(now).holderIdentity ?? ''}"`);
      await write((wallMs) => kube.replace(type, renewed(now, wallMs)));
    }
  };

  const tryOnce = async (): Promise<void> => {
    try {
      if (state.kind === 'candidate') await contend(state.sighting);
      else if (state.kind === 'leader') await renew(state.lease);
    } catch (error) {
      // A conflict is another candidate that was faster.
      const level = state.kind === 'candidate' && error instanceof KubeError && error.code === 409 ? 'debug' : 'warn';
      log[level]('the Lease could not be read or written', { lease: name, error });
    }
  };
  const loop = (): void => {
    attempt = tryOnce().then(() => {
      if (state.kind !== 'over') tryTimer = timers.after(timing.retryMs * (0.9 + 0.2 * ports.random.unit()), loop);
    });
  };

  observer.leader(false);
  loop();
  return {
    gate: {
      closed,
      onClose(listener) {
        closeListeners.add(listener);
        return () => void closeListeners.delete(listener);
      },
    },
    isLeader: () => state.kind === 'leader',
    async release() {
      if (state.kind === 'over') return;
      end('this replica is shutting down');
      // What is under way may make this replica the holder yet, or decides which version is the newest.
      await attempt;
      try {
        const lease = await kube.get(type, namespace, name);
        if (lease && leaseSpec(lease).holderIdentity === identity) await kube.replace(type, released(lease, clock.wallMs()));
      } catch (error) {
        log.warn('the Lease could not be released; others wait until it expires', { lease: name, error });
      }
    },
  };
}
