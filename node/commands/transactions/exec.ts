import type { QueuedCommand } from '../../server/client-session.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { stopWatching, watchHolds } from './watch.ts';

export const exec: CommandSpec = {
  name: 'exec',
  summary: 'Executes all commands of a transaction.',
  since: '1.2.0',
  group: 'transactions',
  complexity: 'Depends on commands in the transaction',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'skip_slowlog'],
  categories: ['transaction'],
  keys: [],
  run(call) {
    const { client, reply, node } = call;
    const { transaction } = client;
    if (transaction === undefined) return reply.error('ERR EXEC without MULTI');
    client.transaction = undefined;
    const holds = watchHolds(call);
    stopWatching(call);
    if (transaction.failed) return reply.error('EXECABORT Transaction discarded because of previous errors.');
    if (!holds) return reply.nullArray();
    const elsewhere = node.server.routeTogether(call, transaction.queue);
    if (elsewhere !== undefined) return reply.error(elsewhere);
    runAll(call, transaction.queue);
    if (node.copies !== undefined) client.executed = transaction.queue;
  },
};

/** P8: nothing of another client runs in between, and no reply leaves before the last. */
function runAll(call: Call, queue: readonly QueuedCommand[]): void {
  const { client, reply, node } = call;
  client.inTransaction = true;
  reply.array(queue.length);
  try {
    for (const queued of queue) node.server.runQueued(call, queued);
  } finally {
    client.inTransaction = false;
  }
}
