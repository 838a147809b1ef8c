import type { NodeStatus } from '../../shared/admin/contract.ts';
import type { MoverState, Outgoing } from '../replication/moves/state.ts';

type MoveStatus = NonNullable<NodeStatus['moves']>[number];

/** Every move of which something is left here, for the operator. */
export function reportMoves(state: Readonly<MoverState>): MoveStatus[] {
  const { shard } = state.options;
  const nothing = { keysSent: 0, bytesSent: 0, bytesTotal: 0 };
  const out = Array.from(state.outgoing.values(), (one): MoveStatus => {
    const { keysSent, bytesSent, bytesTotal, waitsFor } = one;
    return { ...one.move, phase: phaseOf(one), keysSent, bytesSent, bytesTotal, ...(waitsFor === undefined ? {} : { waitsFor }) };
  });
  const left = state.ledger.released
    .filter(({ id }) => !state.outgoing.has(id))
    .map(({ id, from, to, target, state: phase }): MoveStatus => ({ id, from, to, source: shard, target, phase: phase === 'sent' ? 'released' : 'dropping', ...nothing }));
  const staged = state.ledger.staged.map(({ id, from, to, source, opened }): MoveStatus => {
    const taken = state.incoming.get(id);
    return { id, from, to, source, target: shard, phase: opened > 0 ? 'opened' : 'staging', keysSent: 0, bytesSent: taken?.bytesTaken ?? 0, bytesTotal: 0 };
  });
  const dropping = state.ledger.dropping.map(({ from, to }): MoveStatus => ({ id: `${from}-${to}`, from, to, source: shard, target: shard, phase: 'dropping', ...nothing }));
  return [...out, ...left, ...staged, ...dropping];
}

function phaseOf(one: Outgoing): MoveStatus['phase'] {
  if (one.phase === 'paused') return 'pausing';
  if (one.phase === 'releasing') return 'released';
  if (one.phase === 'copying' && one.generation > 0 && one.scanned) return 'ordered';
  return one.phase;
}
