import { boundNamespaces } from '../bound-namespaces.ts';
import { optionIs, syntaxErrorLine } from '../key-access.ts';
import type { Call, CommandSpec } from '../spec.ts';

const shape = {
  group: 'server',
  complexity: 'O(1): what was stored is given back as a whole',
  arity: -1,
  flags: ['write'],
  categories: ['keyspace', 'dangerous'],
  keys: [],
  args: [{ name: 'flush-type', type: 'oneof', optional: true, args: [{ name: 'async', type: 'pure-token', token: 'ASYNC' }, { name: 'sync', type: 'pure-token', token: 'SYNC' }] }],
  run: flush,
} as const satisfies Partial<CommandSpec>;

export const flushall: CommandSpec = { ...shape, name: 'flushall', summary: 'Removes all keys from all databases.', since: '1.0.0' };
/** There is one database: the same as FLUSHALL. */
export const flushdb: CommandSpec = { ...shape, name: 'flushdb', summary: 'Removes all keys from the current database.', since: '1.0.0' };

function flush(call: Call): void {
  if (call.argc > 2 || (call.argc === 2 && !optionIs(call, 1, 'async') && !optionIs(call, 1, 'sync'))) return call.reply.error(syntaxErrorLine);
  const bound = boundNamespaces(call, 'flush');
  if (bound === undefined) {
    call.node.store.flush();
    call.node.keyEvents.flushed();
  } else for (const { name } of bound) call.node.namespaces?.flush(name);
  call.reply.ok();
}
