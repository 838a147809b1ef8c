import { entryType } from '../../engine/entry-layout.ts';
import type { Call } from '../spec.ts';

/** The string value of an entry as a bulk; nil when there is none. */
export function replyString(call: Call, ref: number): void {
  if (ref === 0) return call.reply.nil();
  const { store } = call.node;
  store.open(ref);
  call.reply.bulk(store.entryBytes, store.valueStart, store.valueLength);
}

/** As `replyString`; nil for other types too. */
export function replyStringOrNil(call: Call, ref: number): void {
  replyString(call, ref !== 0 && call.node.store.typeOf(ref) === entryType.string ? ref : 0);
}
