import { entryType } from '../../engine/entry-layout.ts';
import type { Store } from '../../engine/store.ts';
import { freeNow } from '../../io/free-now.ts';
import { doubleText } from '../../server/double-text.ts';
import { encodingOf } from '../object/encoding-of.ts';
import { crc64 } from './crc64.ts';
import { quicklistNode, rdbType, rdbVersion } from './format.ts';
import { writeIntset } from './intset.ts';
import { ListpackWriter } from './listpack.ts';
import { PayloadWriter } from './payload-writer.ts';

/** A node of a list is closed when it is so large. */
const listNodeBytes = 8192;
const maxWholeScore = 2 ** 62;

/** The value of an entry with its footer, in the form that Redis 7.0 gives a value of that encoding; undefined for streams. */
export function dumpEntry(store: Store, ref: number): Buffer | undefined {
  const out = new PayloadWriter();
  const packed = encodingOf(store, ref);
  const type = store.typeOf(ref);
  if (type === entryType.string) writeString(store, ref, out);
  else if (type === entryType.list) writeList(store, ref, out);
  else if (type === entryType.set) writeSet(store, ref, out, packed === 'intset');
  else if (type === entryType.hash) writeHash(store, ref, out, packed === 'listpack');
  else if (type === entryType.zset) writeZset(store, ref, out, packed === 'listpack');
  else return undefined;
  out.littleEndian(rdbVersion, 2);
  const { low, high } = crc64(out.bytes, 0, out.length);
  out.littleEndian(low >>> 0, 4);
  out.littleEndian(high >>> 0, 4);
  return out.result();
}

function writeString(store: Store, ref: number, out: PayloadWriter): void {
  out.byte(rdbType.string);
  store.open(ref);
  out.string(store.entryBytes, store.valueStart, store.valueLength);
}

function writeList(store: Store, ref: number, out: PayloadWriter): void {
  const { lists } = store.collections;
  lists.load(ref);
  // How many nodes there are stands before them.
  const nodes = new PayloadWriter();
  let count = 0;
  const node = new ListpackWriter();
  let inNode = 0;
  const close = (): void => {
    nodes.size(quicklistNode.packed);
    nodes.string(node.result());
    count += 1;
  };
  lists.rewind();
  while (lists.next()) {
    if (inNode > 0 && node.length + lists.elementLength > listNodeBytes) {
      close();
      node.restart();
      inNode = 0;
    }
    node.add(lists.elementBytes, lists.elementStart, lists.elementLength);
    inNode += 1;
  }
  if (inNode > 0) close();
  out.byte(rdbType.listQuicklist2);
  out.size(count);
  out.raw(nodes.bytes, 0, nodes.length);
  freeNow(nodes.bytes);
}

function writeSet(store: Store, ref: number, out: PayloadWriter, integers: boolean): void {
  const { sets } = store.collections;
  sets.load(ref);
  sets.rewind();
  if (integers) {
    const values: bigint[] = [];
    while (sets.next()) values.push(BigInt(Buffer.from(sets.memberBytes.subarray(sets.memberStart, sets.memberStart + sets.memberLength)).toString('latin1')));
    out.byte(rdbType.setIntset);
    out.string(writeIntset(values));
    return;
  }
  out.byte(rdbType.set);
  out.size(sets.size);
  while (sets.next()) out.string(sets.memberBytes, sets.memberStart, sets.memberLength);
}

function writeHash(store: Store, ref: number, out: PayloadWriter, packed: boolean): void {
  const { hashes } = store.collections;
  hashes.load(ref);
  hashes.rewind();
  if (packed) {
    const listpack = new ListpackWriter();
    while (hashes.next()) {
      listpack.add(hashes.fieldBytes, hashes.fieldStart, hashes.fieldLength);
      listpack.add(hashes.valueBytes, hashes.valueStart, hashes.valueLength);
    }
    out.byte(rdbType.hashListpack);
    out.string(listpack.result());
    return;
  }
  out.byte(rdbType.hash);
  out.size(hashes.size);
  while (hashes.next()) {
    out.string(hashes.fieldBytes, hashes.fieldStart, hashes.fieldLength);
    out.string(hashes.valueBytes, hashes.valueStart, hashes.valueLength);
  }
}

/** Whole numbers that 64 bits hold with ease are written with all their digits. */
function scoreText(score: number): string {
  return Number.isInteger(score) && Math.abs(score) <= maxWholeScore ? BigInt(score).toString() : doubleText(score);
}

function writeZset(store: Store, ref: number, out: PayloadWriter, packed: boolean): void {
  const { zsets } = store.collections;
  zsets.load(ref);
  if (packed) {
    const listpack = new ListpackWriter();
    zsets.rewind();
    while (zsets.next()) {
      listpack.add(zsets.memberBytes, zsets.memberStart, zsets.memberLength);
      listpack.add(Buffer.from(scoreText(zsets.score), 'latin1'));
    }
    out.byte(rdbType.zsetListpack);
    out.string(listpack.result());
    return;
  }
  out.byte(rdbType.zsetBinary);
  out.size(zsets.size);
  // From the last to the first: whoever reads it then always puts the next one in front.
  for (let rank = zsets.size - 1, more = zsets.seekRank(rank); more; more = --rank >= 0 && zsets.previous()) {
    out.string(zsets.memberBytes, zsets.memberStart, zsets.memberLength);
    out.double(zsets.score);
  }
}
