import type { ReadFile } from '../../shared/io/block-file.ts';
import { blockCrc, blockHeadBytes, blockKind, magic, mostBlockBytes, parseEnd, parseHead, SnapshotRefused, type SnapshotEnd, type SnapshotHead } from './format.ts';

const readBytes = 1024 * 1024;

/** Reads on through a file in large pieces; what it gives holds until the next call. */
class Input {
  readonly #file: ReadFile;
  #buffer = Buffer.allocUnsafeSlow(readBytes);
  #start = 0;
  #end = 0;
  #position = 0;

  constructor(file: ReadFile) {
    this.#file = file;
  }

  /** Undefined: the file ends before that. */
  async take(length: number): Promise<Buffer | undefined> {
    if (this.#end - this.#start < length) await this.#fill(length);
    if (this.#end - this.#start < length) return undefined;
    this.#start += length;
    return this.#buffer.subarray(this.#start - length, this.#start);
  }

  async #fill(length: number): Promise<void> {
    const rest = this.#end - this.#start;
    const kept = this.#buffer.subarray(this.#start, this.#end);
    const next = length > this.#buffer.length ? Buffer.allocUnsafeSlow(length) : this.#buffer;
    next.set(kept, 0);
    this.#buffer = next;
    this.#start = 0;
    const read = await this.#file.read(next.subarray(rest), this.#position);
    this.#position += read;
    this.#end = rest + read;
  }
}

/**
 * Checks a snapshot from beginning to end and gives its operations, block by block, as they come. What it gave counts only when it returns: throws SnapshotRefused where anything
 * does not fit, however late.
 */
export async function readSnapshot(file: ReadFile, visit: { readonly head: (head: SnapshotHead) => void; readonly operations: (bytes: Buffer) => void | Promise<void> }): Promise<{ readonly head: SnapshotHead; readonly end: SnapshotEnd }> {
  const input = new Input(file);
  const first = await input.take(magic.length);
  if (first === undefined) throw new SnapshotRefused('cut', 'it is shorter than its first bytes');
  if (!first.equals(magic)) throw new SnapshotRefused('damaged', 'it does not begin as a snapshot does');
  let crc = 0;
  let head: SnapshotHead | undefined;
  let blocks = 0;
  let bytes = 0;
  for (;;) {
    const { kind, body, crc: next } = await takeBlock(input, crc);
    crc = next;
    if (head === undefined) {
      if (kind !== blockKind.head) throw new SnapshotRefused('damaged', 'it has no head');
      head = parseHead(body);
      visit.head(head);
    } else if (kind === blockKind.operations) {
      blocks += 1;
      bytes += body.length;
      await visit.operations(body);
    } else if (kind === blockKind.end) {
      const end = parseEnd(body);
      if (end.blocks !== blocks || end.bytes !== bytes) throw new SnapshotRefused('damaged', `it has ${blocks} parts of ${bytes} bytes where its end says ${end.blocks} of ${end.bytes}`);
      if ((await input.take(1)) !== undefined) throw new SnapshotRefused('damaged', 'something follows behind its end');
      return { head, end };
    } else throw new SnapshotRefused('damaged', `a part of it is of kind ${kind}`);
  }
}

async function takeBlock(input: Input, before: number): Promise<{ readonly kind: number; readonly body: Buffer; readonly crc: number }> {
  const taken = await input.take(blockHeadBytes);
  if (taken === undefined) throw new SnapshotRefused('cut', 'it ends before its end is reached');
  const head = Buffer.from(taken);
  const length = head.readUInt32BE(1);
  if (length > mostBlockBytes) throw new SnapshotRefused('damaged', `a part of it says that it is ${length} bytes long`);
  const body = await input.take(length);
  if (body === undefined) throw new SnapshotRefused('cut', 'it ends within a part');
  const crc = blockCrc(head, body, before);
  if (crc !== head.readUInt32BE(5)) throw new SnapshotRefused('damaged', 'a checksum does not match');
  return { kind: head[0], body, crc };
}
