import type { Logger } from '../../shared/log/log.ts';
import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import type { Bus } from '../bus/bus.ts';
import type { ServerNodeContext } from '../server/create-node-context.ts';
import { cronMatches } from '../tenants/cron.ts';
import { patternOrAll } from '../tenants/invalidation.ts';
import type { Tenant } from '../tenants/tenant.ts';
import type { MemberRecord } from '../topology/member.ts';
import { createRegionInvalidation, owningShards } from './region-invalidation.ts';
import { AskedRates } from './asked-rates.ts';
import { BorrowedParts } from './borrowed-parts.ts';
import type { CopyReport, LoanTable } from './loans.ts';
import { UsageReports, type UsageReport } from './usage-reports.ts';

/** One-way messages of the bus that carry a shard's use of its namespaces' quotas. */
export const usageMessage = 56;

/** Between the primary of a shard and its copies: what these use, and what they may. Nodes of the version before take it for a report that says nothing. */
interface LoanMessage extends UsageReport {
  readonly loan: CopyReport | LoanTable;
}
const reportMs = 1_000;
/** Between these a shard that had to refuse looks whether another has left something. */
const lookMs = 100;
/** The more shards, the rarer their reports. */
const urgentMsPerShard = 30;
const minuteMs = 60_000;

export interface TenancyOptions {
  readonly ports: Ports;
  readonly log: Logger;
  readonly context: ServerNodeContext;
  readonly bus: Bus;
  readonly recordOf: (pod: string) => MemberRecord | undefined;
  readonly leads: () => boolean;
  /** Of the Lease by which this node leads. */
  readonly epoch: () => number;
  readonly incarnation: string;
}

/** What namespaces need of the region: quotas split over its shards, invalidations that reach all of them, schedules. */
export interface TenancyDesk {
  /** A request of another node; undefined: not for this part. */
  answer(method: string, body: unknown): Promise<unknown> | undefined;
  receive(payload: Uint8Array): void;
  /** The topology, or who leads, has changed. */
  changed(): void;
  start(): void;
  stop(): void;
}

export function createTenancyDesk({ ports, log, context, bus, recordOf, leads, epoch, incarnation }: TenancyOptions): TenancyDesk {
  const { tenants: services } = context.internals;
  const { registry, dependents } = services;
  const { clock, timers } = ports;
  const view = () => context.cluster;
  const invalidation = createRegionInvalidation({ log, bus, services, view, recordOf, leads, frozen: () => context.frozen === true });
  const rates = new AskedRates();
  const usage = new UsageReports(registry, context.store, rates);
  const borrowed = new BorrowedParts(registry, rates, incarnation);
  let led = false;
  /** Of the namespaces, when parts were made last. */
  let revision = 0;
  let timer: TimerHandle | undefined;
  let reportedAtMs = 0;
  let throttledBefore = 0;
  let lastMinute = Math.floor(clock.wallMs() / minuteMs);

  services.everywhere = invalidation.everywhere;
  dependents.onOutdated = () => timers.soon(() => {
    const { toTell } = dependents;
    dependents.toTell = [];
    invalidation.tellOutdated(toTell);
  });
  dependents.announce = invalidation.announce;

  function report(nowMs: number): void {
    reportedAtMs = nowMs;
    revision = registry.revision;
    const { self } = view();
    const shards = owningShards(view());
    usage.loans.lead(epoch(), incarnation, nowMs);
    const others = view().members.filter(({ pod, shard, health }) => shard === self.shard && pod !== self.pod && health !== 'failed');
    const namespaces = usage.report(shards, self.shard, nowMs, others.flatMap(({ pod }) => recordOf(pod)?.incarnation ?? []));
    tellCopies(usage.loans.pods());
    for (const shard of shards) {
      if (shard === self.shard) continue;
      const payload = Buffer.from(JSON.stringify({ shard: self.shard, namespaces, ledgers: usage.ledgersFor(shard), dependencies: dependents.namespaces } satisfies UsageReport));
      // Copies too: one that takes over knows at once of dependencies elsewhere, and what its shard gave and has had.
      for (const member of view().members) if (member.shard === shard) send(member.pod, payload);
    }
  }

  function tellCopies(pods: readonly string[]): void {
    if (pods.length === 0) return;
    const table = encodeLoan(usage.loans.table(view().self.shard));
    for (const pod of pods) send(pod, table);
  }

  /** What this copy uses, to its primary. */
  function reportAsCopy(nowMs: number): void {
    reportedAtMs = nowMs;
    revision = registry.revision;
    const { self, primaryOf } = view();
    const primary = primaryOf(self.shard);
    const message = borrowed.report(self.shard, self.pod, nowMs);
    if (message !== undefined && primary !== undefined && primary.pod !== self.pod) send(primary.pod, encodeLoan(message));
  }

  function send(pod: string, payload: Uint8Array): void {
    const record = recordOf(pod);
    if (record === undefined) return;
    // One that is lost is replaced by the next.
    bus.connect(record).then((channel) => channel.post(usageMessage, payload), () => undefined);
  }

  function tick(): void {
    registry.flushLeaving();
    const nowMs = clock.monotonicMs();
    if (leads()) runSchedules();
    if (!registry.active && dependents.namespaces.length === 0) return;
    const throttled = throttledByNow();
    if (!leads()) return tickAsCopy(nowMs, throttled);
    const urgentMs = Math.min(reportMs, Math.max(lookMs, owningShards(view()).length * urgentMsPerShard));
    const due = nowMs - reportedAtMs >= (throttled === throttledBefore && !usage.wanted ? reportMs : urgentMs) || revision !== registry.revision || !led;
    if (!due) return;
    led = true;
    throttledBefore = throttled;
    borrowed.lead();
    report(nowMs);
  }

  function tickAsCopy(nowMs: number, throttled: number): void {
    usage.rest();
    borrowed.keep(nowMs);
    const due = throttled !== throttledBefore || nowMs - reportedAtMs >= reportMs || revision !== registry.revision || led;
    if (!due) return;
    led = false;
    throttledBefore = throttled;
    reportAsCopy(nowMs);
  }

  function takeLoan(loan: CopyReport | LoanTable, nowMs: number): void {
    if (loan.shard !== view().self.shard) return;
    if ('namespaces' in loan) {
      if (!leads() || !led) return;
      usage.takeFromCopy(loan, nowMs);
      // It has been heard: what it has goes on being its own.
      return tellCopies([loan.pod]);
    }
    if (leads()) return;
    const told = borrowed.take(loan, nowMs);
    if (told === 'old') return;
    usage.loans.note(loan, nowMs);
    if (told === 'news') reportAsCopy(nowMs);
  }

  function throttledByNow(): number {
    let sum = 0;
    for (const tenant of registry.tenants()) sum += tenant.throttled;
    return sum;
  }

  /** Every primary keeps to the schedule by itself. */
  function runSchedules(): void {
    const minute = Math.floor(clock.wallMs() / minuteMs);
    if (minute === lastMinute) return;
    lastMinute = minute;
    // As while the pods are gone: a time that falls into hibernation is not made up for.
    if (context.frozen === true) return;
    for (const tenant of registry.tenants()) {
      const schedule = tenant.settings?.invalidation?.schedule;
      if (schedule !== undefined && cronMatches(schedule, minute * minuteMs)) runScheduled(tenant);
    }
  }

  function runScheduled(tenant: Tenant): void {
    services.invalidations.run(tenant.name, patternOrAll(tenant.settings?.invalidation?.pattern)).then(
      (deleted) => (deleted === 'uncommitted' ? log.warn('keys removed by schedule have not reached all copies', { namespace: tenant.name }) : log.info('removed keys by schedule', { namespace: tenant.name, deleted })),
      (error: unknown) => log.error('removing keys by schedule failed', { namespace: tenant.name, error }),
    );
  }

  return {
    answer: invalidation.answer,
    receive(payload) {
      // Nodes of the version before keep no ledgers.
      const message = { ledgers: {}, ...(JSON.parse(Buffer.from(payload).toString()) as Omit<UsageReport, 'ledgers'> & Partial<Pick<LoanMessage, 'ledgers' | 'loan'>>) };
      const nowMs = clock.monotonicMs();
      if (message.loan !== undefined) return takeLoan(message.loan, nowMs);
      usage.take(message, nowMs);
      for (const namespace of message.dependencies) dependents.heard(namespace);
    },
    changed() {
      if (leads() !== led) tick();
    },
    start() {
      timer = timers.every(lookMs, tick, { keepAlive: false });
    },
    stop() {
      timers.cancel(timer);
    },
  };
}

function encodeLoan(loan: CopyReport | LoanTable): Uint8Array {
  return Buffer.from(JSON.stringify({ shard: loan.shard, namespaces: {}, ledgers: {}, dependencies: [], loan } satisfies LoanMessage));
}
