import type { Call, CommandSpec } from '../spec.ts';
import { wholeNumberAt, wordAt } from '../arguments.ts';
import { helpSubcommand, subcommand } from '../subcommand.ts';
import { residentBytes } from './info/resident-bytes.ts';

function usage(call: Call): void {
  const { reply } = call;
  for (let i = 3; i < call.argc; i += 2) {
    if (wordAt(call, i) !== 'samples' || i + 1 >= call.argc) return reply.error('ERR syntax error');
    const samples = wholeNumberAt(call, i + 1);
    if (samples === undefined) return reply.error('ERR value is not an integer or out of range');
    if (samples < 0) return reply.error('ERR syntax error');
  }
  const bytes = call.node.storeView?.memoryOf(call.bytes, call.start[2], call.length[2]);
  if (bytes === undefined) reply.nil();
  else reply.integer(bytes);
}

/** Names as Redis has them where the figure is the same thing; what belongs to its allocator alone is left out. */
function stats({ reply, node }: Call): void {
  const facts = node.storeView?.facts();
  const used = facts?.usedBytes ?? 0;
  const overhead = facts?.overheadBytes ?? 0;
  const keys = facts?.keys ?? 0;
  const empty = facts?.emptyBytes ?? 0;
  const committed = facts?.committedBytes ?? used;
  const resident = residentBytes(node, empty);
  const rows: readonly (readonly [string, number])[] = [
    ['peak.allocated', facts?.peakBytes ?? used],
    ['total.allocated', used],
    ['startup.allocated', empty],
    ['replication.backlog', 0],
    ['clients.slaves', 0],
    ['clients.normal', facts?.clientBytes ?? 0],
    ['cluster.links', 0],
    ['aof.buffer', 0],
    ['overhead.total', overhead],
    ['keys.count', keys],
    ['keys.bytes-per-key', keys === 0 ? 0 : Math.round((used - empty) / keys)],
    ['dataset.bytes', used - overhead],
    ['allocator.allocated', used],
    ['allocator.active', committed],
    ['allocator.resident', resident],
    ['allocator-fragmentation.bytes', committed - used],
    ['fragmentation.bytes', resident - used],
  ];
  const ratios: readonly (readonly [string, number])[] = [
    ['dataset.percentage', used > empty ? ((used - overhead) / (used - empty)) * 100 : 0],
    ['peak.percentage', (used / Math.max(1, facts?.peakBytes ?? used)) * 100],
    ['allocator-fragmentation.ratio', committed / Math.max(1, used)],
    ['fragmentation', resident / Math.max(1, used)],
  ];
  reply.map(rows.length + ratios.length);
  for (const [name, value] of rows) {
    reply.bulkLatin1(name);
    reply.integer(value);
  }
  for (const [name, value] of ratios) {
    reply.bulkLatin1(name);
    reply.double(value);
  }
}

function doctor({ reply, node }: Call): void {
  const facts = node.storeView?.facts();
  const full = facts !== undefined && facts.limitBytes > 0 ? facts.usedBytes / facts.limitBytes : 0;
  reply.verbatim('txt', full > 0.95 ? `The memory is ${(full * 100).toFixed(0)}% full: keys are evicted (${facts?.evictionPolicy}), or writes are refused under noeviction. Raise spec.memory or add shards.\n` : 'No memory problem was found.\n');
}

export const memory: CommandSpec = {
  name: 'memory',
  summary: 'A container for memory diagnostics commands.',
  since: '4.0.0',
  group: 'server',
  complexity: 'Depends on subcommand.',
  arity: -2,
  flags: [],
  categories: [],
  keys: [],
  subcommands: [
    subcommand('memory|usage', '4.0.0', -3, 'Estimates the memory usage of a key.', usage, { flags: ['readonly'], complexity: 'O(N) where N is the number of samples', categories: ['read'], keys: [{ flags: ['RO'], beginSearch: { type: 'index', index: 2 }, findKeys: { type: 'range', lastKey: 0, step: 1, limit: 0 } }] }),
    subcommand('memory|stats', '4.0.0', 2, 'Returns details about memory usage.', stats, { flags: [] }),
    subcommand('memory|doctor', '4.0.0', 2, 'Outputs a memory problems report.', doctor, { flags: [] }),
    subcommand('memory|purge', '4.0.0', 2, 'Asks for memory to be given back: the store does so by itself.', ({ reply }) => reply.ok(), { flags: [] }),
    subcommand('memory|malloc-stats', '4.0.0', 2, 'Not available: there is no malloc behind the store.', ({ reply }) => reply.error('ERR Stats not supported for the current allocator'), { flags: [] }),
    helpSubcommand('memory', 'server', '4.0.0', ['DOCTOR', '    Return memory problems reports.', 'PURGE', '    Attempt to purge dirty pages for reclamation by the allocator.', 'STATS', '    Return information about the memory usage of the server.', 'USAGE <key> [SAMPLES <count>]', '    Return memory in bytes used by <key> and its value.']),
  ],
};
