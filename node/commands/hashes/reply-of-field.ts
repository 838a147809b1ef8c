import type { Hashes } from '../../engine/collections/hashes.ts';
import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import type { Call } from '../spec.ts';

/** HEXISTS and HSTRLEN: a number about the field that argument 2 names; 0 where it is not there. */
export function replyOfField(call: Call, numberOf: (hashes: Hashes) => number): void {
  const ref = readCollection(call, 1, entryType.hash);
  if (ref === wrongType) return;
  const { hashes } = call.node.store.collections;
  if (ref !== 0) hashes.load(ref);
  call.reply.integer(ref !== 0 && hashes.find(call.bytes, call.start[2], call.length[2]) ? numberOf(hashes) : 0);
}
