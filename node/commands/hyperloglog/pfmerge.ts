import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { newRegisters } from './register-union.ts';
import { corruptLine, loadSketch, sketch, storeSketch, uniteAll } from './sketch-access.ts';

export const pfmerge: CommandSpec = {
  name: 'pfmerge',
  summary: 'Unites HyperLogLogs into one key.',
  since: '2.8.9',
  group: 'hyperloglog',
  complexity: 'O(N) to merge N HyperLogLogs, but with high constant times.',
  arity: -2,
  flags: ['write', 'denyoom'],
  categories: ['hyperloglog'],
  keys: [...keysAt(['RW', 'access', 'insert'], 0), ...keysAt(['RO', 'access'], -1, 1, 2)],
  args: [{ name: 'destkey', type: 'key' }, { name: 'sourcekey', type: 'key', multiple: true }],
  run(call) {
    const { reply } = call;
    const registers = newRegisters();
    const form = uniteAll(call, registers);
    if (form === undefined || loadSketch(call, 1) < 0) return;
    if (form === 'dense' && !sketch.becomeDense()) return reply.error(corruptLine);
    const { hllSparseMaxBytes } = call.node.store.collections.limits;
    for (let i = 0; i < registers.length; i++) if (registers[i] > 0) sketch.raise(i, registers[i], hllSparseMaxBytes);
    sketch.invalidate();
    if (storeSketch(call, 1)) reply.ok();
  },
};
