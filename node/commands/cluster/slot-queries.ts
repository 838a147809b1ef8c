import { slotCount, slotOfKey } from '../../../shared/slots/crc16.ts';
import { textAt, wholeNumberAt } from '../arguments.ts';
import { boundNamespaces, isVisible } from '../bound-namespaces.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { subcommand } from '../subcommand.ts';

const shape = { group: 'cluster', flags: ['stale'] } as const;

export const clusterKeyslot: CommandSpec = subcommand('cluster|keyslot', '3.0.0', 3, 'Returns the hash slot of a key.', ({ reply, bytes, start, length }) => reply.integer(slotOfKey(bytes, start[2], length[2])), shape);

const notAnInteger = 'ERR value is not an integer or out of range';

/** The slot of argument 2, or undefined after the error reply. */
function readSlot(call: Call, outOfRange: string): number | undefined {
  const slot = wholeNumberAt(call, 2);
  if (slot !== undefined && slot >= 0 && slot < slotCount) return slot;
  call.reply.error(slot === undefined ? notAnInteger : outOfRange);
  return undefined;
}

/** For who is bound to namespaces: every key of the slot is looked at. */
function visibleKeys(call: Call, slot: number): readonly Uint8Array[] {
  const bound = boundNamespaces(call, 'read');
  const view = call.node.storeView;
  return view?.someKeysOfSlot(slot, view.keysInSlot(slot)).filter((key) => isVisible(bound, key, 0, key.length)) ?? [];
}

export const clusterCountkeysinslot: CommandSpec = subcommand(
  'cluster|countkeysinslot',
  '3.0.0',
  3,
  'Returns the number of keys in a slot.',
  (call) => {
    const slot = readSlot(call, 'ERR Invalid slot');
    if (slot !== undefined) call.reply.integer(boundNamespaces(call, 'read') === undefined ? (call.node.storeView?.keysInSlot(slot) ?? 0) : visibleKeys(call, slot).length);
  },
  shape,
);

export const clusterGetkeysinslot: CommandSpec = subcommand(
  'cluster|getkeysinslot',
  '3.0.0',
  4,
  'Returns keys of a slot.',
  (call) => {
    const slot = readSlot(call, 'ERR Invalid slot or number of keys');
    if (slot === undefined) return;
    const limit = wholeNumberAt(call, 3);
    if (limit === undefined) return call.reply.error(notAnInteger);
    if (limit < 0) return call.reply.error('ERR Invalid slot or number of keys');
    const keys = boundNamespaces(call, 'read') === undefined ? (call.node.storeView?.someKeysOfSlot(slot, limit) ?? []) : visibleKeys(call, slot).slice(0, limit);
    call.reply.array(keys.length);
    for (const key of keys) call.reply.bulkBytes(key);
  },
  { ...shape, complexity: 'O(N) where N is the number of keys returned' },
);

/** Failures are decided by the shards' leases, not by reports of peers: there are never any. */
export const clusterCountFailureReports: CommandSpec = subcommand(
  'cluster|count-failure-reports',
  '3.0.0',
  3,
  'Returns the number of failure reports of a node.',
  (call) => {
    const known = call.node.cluster.members.some((member) => member.id === textAt(call, 2));
    if (known) call.reply.integer(0);
    else call.reply.error(`ERR Unknown node ${textAt(call, 2)}`);
  },
  { ...shape, flags: ['admin', 'stale'] },
);
