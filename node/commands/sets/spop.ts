import { drawDistinct } from '../draw-distinct.ts';
import { integerAt } from '../integer-text.ts';
import { keyChanged, notifyKey, shrinkCollection, syntaxErrorLine } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import { copyOf } from './copy-member.ts';
import type { CommandSpec } from '../spec.ts';

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
    const { random } = call.node.ports;
    const popped: Buffer[] = [];
    const total = Math.min(count, sets.size);
    if (total === 1) {
      sets.seekRandom(random.unit());
      popped.push(copyOf(sets));
    } else if (total > 1) {
      const chosen = drawDistinct(sets.size, total, random);
      sets.rewind();
      for (let i = 0, at = 0; at < chosen.length && sets.next(); i++) {
        if (chosen[at] !== i) continue;
        popped.push(copyOf(sets));
        at += 1;
      }
    }
    for (const member of popped) sets.remove(member, 0, member.length);
    const isEmpty = sets.size === 0;
    sets.done();
    if (popped.length > 0) {
      keyChanged(call, 1, 's', 'spop');
      if (isEmpty) notifyKey(call, 1, 'g', 'del');
    }
    if (argc === 2) {
      if (popped.length === 0) reply.nil();
      else reply.bulk(popped[0], 0, popped[0].length);
      return;
    }
    reply.set(popped.length);
    for (const member of popped) reply.bulk(member, 0, member.length);
  },
};
