import { wholeNumberAt } from '../arguments.ts';
import type { CommandSpec } from '../spec.ts';

/**
 * Where `acknowledge: insync` holds, every copy has a write before its reply; WAIT then has nothing to wait for and names the copies: its own
 * reply is held until they have everything before it.
 */
export const wait: CommandSpec = {
  name: 'wait',
  summary: 'Waits until so many replicas have the writes of this connection.',
  since: '3.0.0',
  group: 'generic',
  complexity: 'O(1)',
  arity: 3,
  flags: ['noscript'],
  categories: ['connection'],
  keys: [],
  args: [{ name: 'numreplicas', type: 'integer' }, { name: 'timeout', type: 'integer' }],
  run(call) {
    const timeoutMs = wholeNumberAt(call, 2);
    if (wholeNumberAt(call, 1) === undefined) return call.reply.error('ERR value is not an integer or out of range');
    if (timeoutMs === undefined) return call.reply.error('ERR timeout is not an integer or out of range');
    if (timeoutMs < 0) return call.reply.error('ERR timeout is negative');
    call.reply.integer(call.node.copies?.inSyncReplicas ?? 0);
  },
};
