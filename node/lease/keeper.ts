import type { Logger } from '../../shared/log/log.ts';
import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import type { ShardConfig } from '../replication/config.ts';
import { newClaim, sealedIn, stepClaim, type Claimant, type ClaimEffect, type ClaimEvent } from './claim.ts';
import type { KubeLeasePort } from './port.ts';

export interface KeeperOptions {
  readonly ports: Ports;
  readonly log: Logger;
  readonly lease: KubeLeasePort;
  readonly self: Claimant;
  /** `woken`: with what the store holds. */
  readonly onServe: (config: ShardConfig, woken: boolean) => void;
  readonly onStandBy: (config: ShardConfig | undefined, reason: string) => void;
}

export interface LeaseKeeper {
  start(): void;
  /** Something says that the Lease has changed: it is read again. */
  doubt(): void;
  /** The Lease is to name this snapshot, or none (H1). */
  seal(snapshot: string | undefined): void;
  /** Snapshot that it names, or may name. */
  readonly sealed: string | undefined;
  stop(): void;
}

/** Carries out what the claim's state machine decides. There is no request while nothing changes. */
export function keepLease(options: KeeperOptions): LeaseKeeper {
  const { ports, lease, log } = options;
  const state = newClaim(options.self);
  let timer: TimerHandle | undefined;
  let readUnderWay = false;
  let stopped = false;

  function step(event: ClaimEvent): void {
    if (stopped) return;
    const nonce = Buffer.from(ports.random.bytes(16)).toString('hex');
    for (const effect of stepClaim(state, event, ports.clock.monotonicMs(), nonce, ports.random.unit())) carryOut(effect);
  }

  function carryOut(effect: ClaimEffect): void {
    if (effect.type === 'read') read();
    else if (effect.type === 'write') write(effect.config);
    else if (effect.type === 'wake') {
      ports.timers.cancel(timer);
      timer = ports.timers.after(effect.afterMs, () => step({ type: 'wake' }), { keepAlive: false });
    } else if (effect.type === 'serve') options.onServe(effect.config, effect.woken === true);
    else options.onStandBy(effect.config, effect.reason);
  }

  function read(): void {
    if (readUnderWay) return;
    readUnderWay = true;
    lease
      .read()
      .then(
        (sight): ClaimEvent => ({ type: 'read', sight }),
        (error: unknown): ClaimEvent => {
          log.warn('the Lease of the shard could not be read', { error: error instanceof Error ? error.message : String(error) });
          return { type: 'read-failed' };
        },
      )
      .then((event) => {
        readUnderWay = false;
        step(event);
      })
      .catch((error: unknown) => log.error('unexpected', { error }));
  }

  function write(config: ShardConfig): void {
    lease
      .write(config)
      .then((result) => step({ type: 'written', result }))
      .catch((error: unknown) => log.error('unexpected', { error }));
  }

  return {
    start: () => step({ type: 'start' }),
    doubt: () => step({ type: 'doubt' }),
    seal: (snapshot) => step({ type: 'seal', snapshot }),
    get sealed() {
      return sealedIn(state);
    },
    stop() {
      stopped = true;
      ports.timers.cancel(timer);
    },
  };
}
