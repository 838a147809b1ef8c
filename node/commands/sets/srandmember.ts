import { entryType } from '../../engine/entry-layout.ts';
import { maxRepeatedDraws, visitDrawn } from '../draw-distinct.ts';
import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, readCollection, syntaxErrorLine, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const srandmember: CommandSpec = {
  name: 'srandmember',
  summary: 'Get one or multiple random members from a set',
  since: '1.0.0',
  group: 'set',
  complexity: 'Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.',
  arity: -2,
  flags: ['readonly'],
  categories: ['set'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'count', type: 'integer', optional: true }],
  run(call) {
    const { argc, reply } = call;
    const { random } = call.node.ports;
    if (argc > 3) return reply.error(syntaxErrorLine);
    const count = argc === 3 ? integerAt(call, 2) : 1;
    if (Number.isNaN(count)) return reply.error(notAnIntegerLine);
    if (count < -maxRepeatedDraws) return reply.error('ERR value is out of range');
    const ref = readCollection(call, 1, entryType.set);
    if (ref === wrongType) return;
    const { sets } = call.node.store.collections;
    if (ref !== 0) sets.load(ref);
    const answer = (): void => reply.bulk(sets.memberBytes, sets.memberStart, sets.memberLength);
    if (argc === 2) {
      if (ref === 0) return reply.nil();
      sets.seekRandom(random.unit());
      return answer();
    }
    const total = ref === 0 ? 0 : count < 0 ? -count : Math.min(count, sets.size);
    reply.array(total);
    if (count < 0) {
      for (let i = 0; i < total && !reply.overflowed; i++) {
        sets.seekRandom(random.unit());
        answer();
      }
      return;
    }
    if (total === 0) return;
    sets.rewind();
    visitDrawn(sets.size, total, random, () => sets.next(), answer);
  },
};
