import { oneInsertKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { hashed, hashElement } from './element-hash.ts';
import { corruptLine, loadSketch, sketch, storeSketch } from './sketch-access.ts';

export const pfadd: CommandSpec = {
  name: 'pfadd',
  summary: 'Adds elements to a HyperLogLog. Creates the key if need be.',
  since: '2.8.9',
  group: 'hyperloglog',
  complexity: 'O(1) to add every element.',
  arity: -2,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['hyperloglog'],
  keys: oneInsertKey,
  args: [{ name: 'key', type: 'key' }, { name: 'element', type: 'string', optional: true, multiple: true }],
  run(call) {
    const { bytes, start, length, reply } = call;
    const there = loadSketch(call, 1);
    if (there < 0) return;
    const { hllSparseMaxBytes } = call.node.store.collections.limits;
    let changed = there === 0;
    for (let i = 2; i < call.argc; i++) {
      hashElement(bytes, start[i], length[i]);
      const outcome = sketch.raise(hashed.register, hashed.run, hllSparseMaxBytes);
      if (outcome < 0) return reply.error(corruptLine);
      if (outcome > 0) changed = true;
    }
    if (!changed) return reply.integer(0);
    sketch.invalidate();
    if (storeSketch(call, 1)) reply.integer(1);
  },
};
