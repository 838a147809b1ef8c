import type { Store } from '../../engine/store.ts';
import { entryType, stringEncoding } from '../../engine/entry-layout.ts';
import { isInteger64 } from '../../engine/collections/integer-member.ts';

const maxEmbeddedBytes = 44;

/** What OBJECT ENCODING says of an entry, in the words of Redis 7.0. */
export function encodingOf(store: Store, ref: number): string {
  const { collections } = store;
  const type = store.typeOf(ref);
  if (type === entryType.string) return stringEncodingOf(store, ref);
  if (type === entryType.stream) return 'stream';
  if (type === entryType.list) return collections.lists.encoding;
  const collection = type === entryType.set ? collections.sets : type === entryType.zset ? collections.zsets : collections.hashes;
  collection.load(ref);
  return collection.encoding;
}

function stringEncodingOf(store: Store, ref: number): string {
  if (store.encodingOf(ref) === stringEncoding.raw) return 'raw';
  store.open(ref);
  if (isInteger64(store.entryBytes, store.valueStart, store.valueLength)) return 'int';
  return store.valueLength <= maxEmbeddedBytes ? 'embstr' : 'raw';
}
