import type { Zsets } from '../../engine/collections/zsets.ts';
import { entryType } from '../../engine/entry-layout.ts';
import { drawDistinct, visitDrawn } from '../draw-distinct.ts';
import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, optionIs, readCollection, syntaxErrorLine, wrongType } from '../key-access.ts';
import type { Call } from '../spec.ts';

const maxLong = 2 ** 63;
/** So many are looked up by their ranks; for more the set is walked through. */
const fewRanks = 1000;

/** ZRANDMEMBER: `key [count [WITHSCORES]]`. A negative count draws with repetition, a positive one never the same member twice. */
export function replyRandom(call: Call): void {
  const { argc, reply } = call;
  const count = argc > 2 ? integerAt(call, 2) : 1;
  if (Number.isNaN(count)) return reply.error(notAnIntegerLine);
  if (count <= -maxLong) return reply.error('ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807');
  if (argc > 4 || (argc === 4 && !optionIs(call, 3, 'withscores'))) return reply.error(syntaxErrorLine);
  if (argc === 4 && Math.abs(count) >= maxLong / 2) return reply.error('ERR value is out of range');
  const ref = readCollection(call, 1, entryType.zset);
  if (ref === wrongType) return;
  if (ref === 0) {
    if (argc === 2) reply.nil();
    else reply.array(0);
    return;
  }
  const { zsets } = call.node.store.collections;
  zsets.load(ref);
  if (argc > 2) return replyMany(call, zsets, count, argc === 4);
  zsets.seekRandom(call.node.ports.random.unit());
  reply.bulk(zsets.memberBytes, zsets.memberStart, zsets.memberLength);
}

function replyMany({ node, reply }: Call, zsets: Zsets, count: number, withScores: boolean): void {
  const { random } = node.ports;
  const total = count < 0 ? -count : Math.min(count, zsets.size);
  const nested = withScores && reply.resp === 3;
  reply.array(withScores && !nested ? 2 * total : total);
  const answer = (): void => {
    if (nested) reply.array(2);
    reply.bulk(zsets.memberBytes, zsets.memberStart, zsets.memberLength);
    if (withScores) reply.double(zsets.score);
  };
  if (count < 0) {
    for (let i = 0; i < total && !reply.overflowed; i++) {
      zsets.seekRandom(random.unit());
      answer();
    }
    return;
  }
  if (total > fewRanks) {
    zsets.rewind();
    return visitDrawn(zsets.size, total, random, () => zsets.next(), answer);
  }
  for (const rank of drawDistinct(zsets.size, total, random)) {
    zsets.seekRank(rank);
    answer();
  }
}
