import type { Lists } from '../../engine/collections/lists.ts';
import { sameBytes } from '../../engine/collections/packed.ts';
import type { Call } from '../spec.ts';

/** True when the element looked at has the bytes of argument `i`. */
export function isHere(call: Call, lists: Lists, i: number): boolean {
  return lists.elementLength === call.length[i] && sameBytes(lists.elementBytes, lists.elementStart, call.bytes, call.start[i], call.length[i]);
}
