import type { MemberState } from './state.ts';

/** Witnesses asked at once by who looks for one that answers. */
const askedAtOnce = 3;

function query(s: MemberState, witness: string, fence: boolean): void {
  const epoch = s.config?.epoch ?? 0;
  s.out.push({ type: 'send', to: witness, toIncarnation: '', epoch, message: { type: 'witness-query', epoch, fence } });
}

export function askWitness(s: MemberState, witness: string, fence: boolean, now: number): void {
  if (now - s.witnessAskedMs < s.options.timing.heartbeatMs) return;
  s.witnessAskedMs = now;
  query(s, witness, fence);
}

export function onWitnessSilence(s: MemberState, from: string, fenced: boolean, epoch: number, silentMs: number, now: number): void {
  if (epoch !== s.config?.epoch) return;
  s.witnessSaid = { witness: from, silentMs, atMs: now };
  s.witnessHeardMs.set(from, now);
  const { opening } = s;
  // What was heard before the fence is counted up to now; after it nothing older is acknowledged.
  if (fenced && opening?.witness === from && s.role === 'primary') opening.notBeforeMs = now + Math.max(0, s.options.timing.graceMs - silentMs);
}

/** A node outside the shard, not `except`, that answers now. Where none has answered lately the next few are asked. */
export function answeringWitness(s: MemberState, now: number, except?: string): string | undefined {
  const { timing } = s.options;
  const names = s.options.witnesses().filter((name) => name !== except);
  const answers = names.find((name) => now - (s.witnessHeardMs.get(name) ?? -Infinity) < timing.suspectMs);
  if (answers !== undefined || now - s.witnessSoughtMs < timing.heartbeatMs) return answers;
  s.witnessSoughtMs = now;
  for (let i = 0; i < Math.min(askedAtOnce, names.length); i++) query(s, names[s.witnessesSought++ % names.length], false);
  return undefined;
}

/**
 * P2: who is alone in the in-sync set serves by the word of a witness. So a member that no node answers gains nothing by taking the others out, and they, who may have what
 * this one lacks, could not lead any more: it leaves them in. Members that are proved dead cannot lead anyway.
 */
export function mayBeAlone(s: MemberState, now: number): boolean {
  const { config, options } = s;
  if (config === undefined || options.bugs.loneWithoutWitness || options.bugs.aloneUnheard || options.witnesses().length === 0) return true;
  const others = config.isr.filter((member) => member !== options.self && !s.dead.has(config.incarnations[member] ?? ''));
  return others.length === 0 || answeringWitness(s, now) !== undefined;
}
