import { visitDrawn } from '../draw-distinct.ts';
import { integerAt } from '../integer-text.ts';
import { keyChanged, notifyKey, removeKey, shrinkCollection, syntaxErrorLine } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { Sets } from '../../engine/collections/sets.ts';
import { ElementRows } from '../working-memory/element-rows.ts';
import { working } from '../working-memory/working.ts';
import type { Call, CommandSpec } from '../spec.ts';

export const spop: CommandSpec = {
  name: 'spop',
  summary: 'Returns one or more random members from a set after removing them. Deletes the set if the last member was popped.',
  since: '1.0.0',
  group: 'set',
  complexity: 'Without the count argument O(1), otherwise O(N) where N is the value of the passed count.',
  arity: -2,
  flags: ['write', 'fast'],
  categories: ['set'],
  keys: keysAt(['RW', 'access', 'delete'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'count', type: 'integer', optional: true }],
  run(call) {
    const { argc, reply } = call;
    if (argc > 3) return reply.error(syntaxErrorLine);
    const count = argc === 3 ? integerAt(call, 2) : 1;
    if (Number.isNaN(count) || count < 0) return reply.error('ERR value is out of range, must be positive');
    const { sets } = call.node.store.collections;
    if (!shrinkCollection(call, 1, sets)) return;
    if (argc === 2 || sets.size === 0) return popOne(call, sets, argc === 2);
    if (count >= sets.size) return popAll(call, sets);
    return popSome(call, sets, count);
  },
};

function popOne(call: Call, sets: Sets, single: boolean): void {
  const { reply } = call;
  if (sets.size === 0) {
    if (single) reply.nil();
    else reply.set(0);
    return;
  }
  sets.seekRandom(call.node.ports.random.unit());
  reply.bulk(sets.memberBytes, sets.memberStart, sets.memberLength);
  sets.remove(Buffer.from(sets.memberBytes.subarray(sets.memberStart, sets.memberStart + sets.memberLength)), 0, sets.memberLength);
  finish(call, sets);
}

function popAll(call: Call, sets: Sets): void {
  const { reply } = call;
  reply.set(sets.size);
  sets.rewind();
  while (sets.next()) reply.bulk(sets.memberBytes, sets.memberStart, sets.memberLength);
  removeKey(call, 1);
  keyChanged(call, 1, 's', 'spop');
  notifyKey(call, 1, 'g', 'del');
}

function popSome(call: Call, sets: Sets, count: number): void {
  const { reply, node } = call;
  working(call, (memory) => {
    const chosen = new ElementRows(memory);
    sets.rewind();
    visitDrawn(sets.size, count, node.ports.random, () => sets.next(), () => chosen.add(sets.memberBytes, sets.memberStart, sets.memberLength));
    // Removing one may move or overwrite the others.
    for (let i = 0; i < chosen.count; i++) chosen.own(i);
    reply.set(chosen.count);
    for (let i = 0; i < chosen.count; i++) {
      chosen.look(i);
      reply.bulk(chosen.bytes, chosen.start, chosen.length);
      sets.remove(chosen.bytes, chosen.start, chosen.length);
    }
    if (chosen.count > 0) finish(call, sets);
  });
}

function finish(call: Call, sets: Sets): void {
  const isEmpty = sets.size === 0;
  sets.done();
  keyChanged(call, 1, 's', 'spop');
  if (isEmpty) notifyKey(call, 1, 'g', 'del');
}
