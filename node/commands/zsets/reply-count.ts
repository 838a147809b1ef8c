import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { rangeRequest, walkOf, type RangeKind } from './range-request.ts';

const kinds = { score: { by: 'score', reverse: false }, lex: { by: 'lex', reverse: false } } as const satisfies Readonly<Record<string, RangeKind>>;

/** ZCOUNT and ZLEXCOUNT: members from argument 2 to argument 3. */
export function replyCount(call: Call, by: keyof typeof kinds): void {
  const request = rangeRequest(call, 2, kinds[by]);
  if (request === undefined) return;
  const ref = readCollection(call, 1, entryType.zset);
  if (ref === wrongType) return;
  if (ref === 0) return call.reply.integer(0);
  const { zsets } = call.node.store.collections;
  zsets.load(ref);
  call.reply.integer(walkOf(call, zsets, request).count);
}
