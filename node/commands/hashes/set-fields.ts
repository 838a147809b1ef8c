import { editCollection, keyChanged } from '../key-access.ts';
import type { Call } from '../spec.ts';

/** HSET and HMSET: -1 after answering an error, else how many fields are new. */
export function setFields(call: Call, name: string): number {
  const { bytes, start, length, argc } = call;
  if (argc % 2 !== 0) {
    call.reply.error(`ERR wrong number of arguments for '${name}' command`);
    return -1;
  }
  const { hashes } = call.node.store.collections;
  if (!editCollection(call, 1, hashes)) return -1;
  let added = 0;
  for (let i = 2; i < argc; i += 2) added += hashes.set(bytes, start[i], length[i], bytes, start[i + 1], length[i + 1]);
  hashes.done();
  keyChanged(call, 1, 'h', 'hset');
  return added;
}
