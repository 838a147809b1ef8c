import { entryType } from '../../engine/entry-layout.ts';
import type { Hashes } from '../../engine/collections/hashes.ts';
import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, optionIs, readCollection, syntaxErrorLine, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import { maxRepeatedDraws, visitDrawn } from '../draw-distinct.ts';
import type { Call, CommandSpec } from '../spec.ts';

const maxCount = 2 ** 62;

export const hrandfield: CommandSpec = {
  name: 'hrandfield',
  summary: 'Returns one or more random fields from a hash.',
  since: '6.2.0',
  group: 'hash',
  complexity: 'O(N) where N is the number of fields returned',
  arity: -2,
  flags: ['readonly'],
  categories: ['hash'],
  keys: oneReadKey,
  args: [
    { name: 'key', type: 'key' },
    { name: 'options', type: 'block', optional: true, args: [{ name: 'count', type: 'integer' }, { name: 'withvalues', type: 'pure-token', token: 'WITHVALUES', optional: true }] },
  ],
  run(call) {
    const { argc, reply } = call;
    const count = argc > 2 ? integerAt(call, 2) : 1;
    if (Number.isNaN(count)) return reply.error(notAnIntegerLine);
    if (argc > 4 || (argc === 4 && !optionIs(call, 3, 'withvalues'))) return reply.error(syntaxErrorLine);
    if ((argc === 4 && Math.abs(count) > maxCount) || count < -maxRepeatedDraws) return reply.error('ERR value is out of range');
    const ref = readCollection(call, 1, entryType.hash);
    if (ref === wrongType) return;
    const { hashes } = call.node.store.collections;
    if (ref !== 0) hashes.load(ref);
    if (argc > 2) return replyMany(call, ref === 0 ? undefined : hashes, count, argc === 4);
    if (ref === 0) return reply.nil();
    hashes.seekRandom(call.node.ports.random.unit());
    reply.bulk(hashes.fieldBytes, hashes.fieldStart, hashes.fieldLength);
  },
};

/** A negative count draws with repetition, a positive one never the same field twice. RESP3 pairs field and value. */
function replyMany(call: Call, hashes: Hashes | undefined, count: number, withValues: boolean): void {
  const { reply } = call;
  const { random } = call.node.ports;
  const answer = (): void => {
    if (hashes === undefined) return;
    if (withValues && reply.resp === 3) reply.array(2);
    reply.bulk(hashes.fieldBytes, hashes.fieldStart, hashes.fieldLength);
    if (withValues) reply.bulk(hashes.valueBytes, hashes.valueStart, hashes.valueLength);
  };
  const total = hashes === undefined ? 0 : count < 0 ? -count : Math.min(count, hashes.size);
  reply.array(withValues && reply.resp === 2 ? 2 * total : total);
  if (hashes === undefined) return;
  if (count < 0) {
    for (let i = 0; i < total && !reply.overflowed; i++) {
      hashes.seekRandom(random.unit());
      answer();
    }
    return;
  }
  hashes.rewind();
  visitDrawn(hashes.size, total, random, () => hashes.next(), answer);
}
