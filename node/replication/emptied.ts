import { askWitness } from './ask-witness.ts';
import type { ShardConfig } from './config.ts';
import { doubtOf } from './promotion.ts';
import { succeeded } from './replica.ts';
import { beginCas } from './settle.ts';
import type { MemberState, Opening } from './state.ts';

/**
 * All copies gone (B1, `emptyShardAfter`). A member of the ISR is gone when it is proved dead (B2), or, weaker, when Kubernetes has removed its pod: another pod
 * speaks under its name. An empty node takes the shard
 *
 *   at once                    when every member is proved dead, or nobody has ever led
 *   after G, witness silent    when the only member's pod was replaced (a force-deleted pod may still run: its lease is its witness's)
 *   after emptyShardAfter      when the only member is unreachable and its witness has heard nothing for G, or several were replaced
 *   never by itself            else: the operator fences the Lease
 *
 * A sealed shard (H1) is taken by the pod that holds its snapshot only, when the same holds: with the data of that snapshot, or, where it has none that can be used, empty
 * after emptyShardAfter. Its witness may have gone for good while it slept: one that does not answer for emptyShardAfter is not waited for, where Kubernetes has removed the pod that slept,
 * for that one takes no writes.
 */
const birthPatienceMs = 10_000;
const rankMs = 100;

type Gone = 'dead' | 'replaced' | 'unknown';

function goneOf(s: MemberState, config: ShardConfig, member: string): Gone {
  const { options } = s;
  const incarnation = config.incarnations[member];
  if (incarnation === undefined) return 'unknown';
  if (s.dead.has(incarnation)) return 'dead';
  if (member === options.self && succeeded(s, config) === incarnation) return config.podUids[member] === options.podUid ? 'dead' : 'replaced';
  return s.replaced.has(incarnation) ? 'replaced' : 'unknown';
}

/** All that the shard holds by this Lease is in this node's store: it was filled from the snapshot that the Lease names. */
export const isHeld = ({ options }: MemberState, { sealed }: ShardConfig): boolean => sealed !== undefined && sealed === options.holds;

interface Rule {
  readonly waitMs: number;
  /** The witness of the configuration must have heard nothing for G. */
  readonly witness: string | undefined;
  /** Nobody of this configuration can lead any more: whom its witness still hears is of an earlier one, and deposed already. */
  readonly over?: true;
}

function emptyRule(s: MemberState, config: ShardConfig, waitedMs: number): Rule | undefined {
  const { options } = s;
  const { timing } = options;
  if (options.bugs.emptyNodePromoted) return { waitMs: timing.graceMs, witness: undefined };
  const rank = config.isr.includes(options.self) ? config.isr.indexOf(options.self) : config.isr.length + 1;
  if (config.isr.length === 0) return config.primary !== undefined ? undefined : { waitMs: options.self.endsWith('-0') ? 0 : birthPatienceMs, witness: undefined };
  if (config.sealed !== undefined && config.primary !== options.self) return undefined;
  const leastMs = config.sealed === undefined || isHeld(s, config) ? 0 : timing.emptyAfterMs;
  const gone = config.isr.map((member) => goneOf(s, config, member));
  const unsure = doubtOf(s, config);
  if (gone.every((one) => one === 'dead')) return { waitMs: Math.max(leastMs, rank * rankMs), witness: unsure === 'witness' ? config.witness : undefined, over: true };
  const allGone = gone.every((one) => one !== 'unknown');
  // It may be out of sight together with an earlier primary, and let it serve, for it may not know that it was to lead.
  if (unsure === 'members' && !allGone) return undefined;
  const witnessGone = config.sealed !== undefined && allGone && waitedMs >= timing.emptyAfterMs && s.witnessSaid?.witness !== config.witness;
  if (config.isr.length === 1 && config.witness !== undefined && !witnessGone) return { waitMs: Math.max(leastMs, allGone ? timing.graceMs : timing.emptyAfterMs), witness: config.witness };
  if (!allGone) return undefined;
  return { waitMs: Math.max(leastMs, config.isr.length === 1 ? timing.graceMs : timing.emptyAfterMs + rank * rankMs), witness: undefined };
}

export function emptyShardTick(s: MemberState, now: number): void {
  const { config, options } = s;
  if (config === undefined || s.cas !== undefined || s.receiving !== undefined) return;
  const waitedMs = now - Math.max(s.startedMs, s.quietSinceMs);
  const rule = emptyRule(s, config, waitedMs);
  if (rule === undefined || waitedMs < rule.waitMs) return;
  if (rule.witness !== undefined && rule.over !== true && !witnessSilent(s, rule.witness, now)) return;
  const woken = isHeld(s, config);
  // P3: if nobody has served in this epoch, members that have died since may have let an earlier primary serve up to now.
  const unsure = doubtOf(s, config);
  const notBeforeMs = rule.witness !== undefined ? Infinity : unsure === undefined ? 0 : now + options.timing.graceMs;
  s.opening = { ...emptyOpening(rule.witness, now - s.quietSinceMs), notBeforeMs, ...(woken ? { cause: 'woken' } : {}) };
  const only = { [options.self]: options.incarnation };
  beginCas(s, 'empty', woken ? 'woken' : 'every copy is gone', { epoch: config.epoch + 1, primary: options.self, isr: [options.self], incarnations: only, podUids: { [options.self]: options.podUid }, witness: rule.witness ?? options.witnesses()[0], unopened: rule.witness === undefined ? unsure : 'witness' }, now);
}

const emptyOpening = (witness: string | undefined, silenceMs: number): Opening => ({ cause: 'empty', silenceMs, notBeforeMs: witness === undefined ? 0 : Infinity, witness, mapRead: false, mapAskedMs: -Infinity });

/** Asked before the swap, so that a primary that is heard is not deposed; and again behind a fence before serving (P3). */
function witnessSilent(s: MemberState, witness: string, now: number): boolean {
  const { timing } = s.options;
  const said = s.witnessSaid;
  if (said?.witness === witness && now - said.atMs < timing.suspectMs && said.silentMs >= timing.graceMs) return true;
  askWitness(s, witness, false, now);
  return false;
}
