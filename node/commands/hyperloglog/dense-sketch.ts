import { copyBytes } from '../../engine/copy-bytes.ts';
import { stringEncoding } from '../../engine/entry-layout.ts';
import { changeString, finishString } from '../strings/change-string.ts';
import type { Call } from '../spec.ts';
import { headerBytes, isLongZeros, isValue, repeatAt, valueOf } from './layout.ts';
import { corruptLine, sketch } from './sketch-access.ts';

/** PFDEBUG: the HyperLogLog at argument 2, which is in `sketch`, becomes dense; false after answering why not. */
export function makeDense(call: Call): boolean {
  if (sketch.isDense) return true;
  if (!sketch.becomeDense()) {
    call.reply.error(corruptLine);
    return false;
  }
  const at = changeString(call, 2, sketch.length, stringEncoding.raw);
  if (at < 0) return false;
  copyBytes(sketch.bytes, 0, call.node.store.entryBytes, at, sketch.length);
  finishString(call, 2, 'pfdebug');
  return true;
}

/** `z:` and `Z:` runs of zeros, `v:` value and how often. */
export function opsText(bytes: Uint8Array, end: number): string {
  const words: string[] = [];
  for (let at = headerBytes; at < end; at += isLongZeros(bytes[at]) ? 2 : 1) {
    const op = bytes[at];
    const repeat = repeatAt(bytes, at, end);
    words.push(isValue(op) ? `v:${valueOf(op)},${repeat}` : `${isLongZeros(op) ? 'Z' : 'z'}:${repeat}`);
  }
  return words.join(' ');
}
