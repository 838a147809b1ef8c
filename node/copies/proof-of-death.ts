import type { Timers } from '../../shared/ports/ports.ts';
import { isRefused } from '../../shared/io/tcp-refused.ts';
import type { Bus } from '../bus/bus.ts';
import type { MemberRecord } from '../topology/member.ts';

const probeTimeoutMs = 200;
const secondTimeoutMs = 400;
const asked = 3;

/** The bus request by which a node asks another whether it sees the same. */
export const refusedMethod = 'refused';

/**
 * B2: the pod's own address refuses connections on the bus port, seen from here and by any second node of the cluster. The listener is bound for the whole life of
 * the process, so a refusal means that it is gone; a connection that is accepted, cut or unanswered means nothing.
 */
export async function provedDead(timers: Timers, bus: Bus, record: MemberRecord, others: readonly MemberRecord[]): Promise<boolean> {
  const second = Promise.any(
    others.slice(0, asked).map(async (peer) => {
      const channel = await bus.connect(peer);
      const seen = await channel.request(refusedMethod, { pod: record.pod, incarnation: record.incarnation, generation: record.generation, ip: record.ip, busPort: record.busPort }, secondTimeoutMs);
      if (seen !== true) throw new Error('not seen');
      return true;
    }),
  ).catch(() => false);
  const [here, there] = await Promise.all([isRefused(timers, record.ip, record.busPort, probeTimeoutMs), second]);
  return here && there;
}

interface Question {
  readonly pod?: unknown;
  readonly incarnation?: unknown;
  readonly generation?: unknown;
  readonly ip?: unknown;
  readonly busPort?: unknown;
}

/** Answers another node's question, also about an incarnation that it has not heard of yet. */
export function answerRefused(timers: Timers, body: unknown, recordOf: (pod: string) => MemberRecord | undefined): Promise<boolean> {
  const { pod, incarnation, generation, ip, busPort }: Question = typeof body === 'object' && body !== null ? body : {};
  const record = typeof pod === 'string' ? recordOf(pod) : undefined;
  if (typeof generation !== 'number' || typeof ip !== 'string' || typeof busPort !== 'number') return Promise.resolve(false);
  // A later incarnation may listen there by now: that one's own words are the proof (P5).
  const replaced = record !== undefined && record.incarnation !== incarnation && record.generation >= generation;
  return replaced ? Promise.resolve(false) : isRefused(timers, ip, busPort, probeTimeoutMs);
}
