import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, readString, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';

const shared = {
  group: 'string',
  complexity: 'O(N) where N is the length of the returned string.',
  arity: 4,
  flags: ['readonly'],
  categories: ['string'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'start', type: 'integer' }, { name: 'end', type: 'integer' }],
  run: replyRange,
} as const satisfies Partial<CommandSpec>;

export const getrange: CommandSpec = { ...shared, name: 'getrange', summary: 'Returns a substring of the string stored at a key.', since: '2.4.0' };
/** The old name of GETRANGE. */
export const substr: CommandSpec = { ...shared, name: 'substr', summary: 'Returns a substring from a string value.', since: '1.0.0' };

function replyRange(call: Call): void {
  const from = integerAt(call, 2);
  const to = integerAt(call, 3);
  if (Number.isNaN(from) || Number.isNaN(to)) return call.reply.error(notAnIntegerLine);
  const ref = readString(call, 1);
  if (ref === wrongType) return;
  if (ref === 0) return call.reply.bulk(call.bytes, 0, 0);
  const { store } = call.node;
  store.open(ref);
  const length = store.valueLength;
  const first = Math.max(0, from < 0 ? length + from : from);
  const last = Math.min(length - 1, Math.max(0, to < 0 ? length + to : to));
  const empty = (from < 0 && to < 0 && from > to) || first > last || length === 0;
  call.reply.bulk(store.entryBytes, store.valueStart + (empty ? 0 : first), empty ? 0 : last - first + 1);
}
