import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import type { Call } from '../spec.ts';

/** HGETALL, HKEYS, HVALS: what of every field is answered. */
export function replyFields(call: Call, withField: boolean, withValue: boolean): void {
  const ref = readCollection(call, 1, entryType.hash);
  if (ref === wrongType) return;
  const { hashes } = call.node.store.collections;
  const { reply } = call;
  if (ref !== 0) hashes.load(ref);
  const size = ref === 0 ? 0 : hashes.size;
  if (withField && withValue) reply.map(size);
  else reply.array(size);
  if (ref === 0) return;
  hashes.rewind();
  while (hashes.next()) {
    if (withField) reply.bulk(hashes.fieldBytes, hashes.fieldStart, hashes.fieldLength);
    if (withValue) reply.bulk(hashes.valueBytes, hashes.valueStart, hashes.valueLength);
  }
}
