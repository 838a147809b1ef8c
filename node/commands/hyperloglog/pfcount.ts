import { readKey } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { cardinalityOf, histogramOf, histogramOfRegisters } from './cardinality.ts';
import { newRegisters } from './register-union.ts';
import { cacheCardinality, cachedCardinality, corruptLine, openSketch, uniteAll } from './sketch-access.ts';

export const pfcount: CommandSpec = {
  name: 'pfcount',
  summary: 'Tells how many different elements one or several HyperLogLogs have been given, about.',
  since: '2.8.9',
  group: 'hyperloglog',
  complexity: 'O(1) with a very small average constant time when called with a single key. O(N) with N being the number of keys, and much bigger constant times, when called with multiple keys.',
  arity: -2,
  flags: ['readonly', 'may_replicate'],
  categories: ['hyperloglog'],
  keys: keysAt(['RW', 'access'], -1),
  args: [{ name: 'key', type: 'key', multiple: true }],
  run(call) {
    const { reply } = call;
    const { store } = call.node;
    if (call.argc > 2) {
      const registers = newRegisters();
      if (uniteAll(call, registers) !== undefined) reply.integer(cardinalityOf(histogramOfRegisters(registers)));
      return;
    }
    const ref = readKey(call, 1);
    if (ref === 0) return reply.integer(0);
    if (!openSketch(call, ref)) return;
    const { entryBytes, valueStart, valueLength } = store;
    const cached = cachedCardinality(entryBytes, valueStart);
    if (cached >= 0) return reply.integer(cached);
    const histogram = histogramOf(entryBytes, valueStart, valueStart + valueLength);
    if (histogram === undefined) return reply.error(corruptLine);
    const cardinality = cardinalityOf(histogram);
    if (!store.replica) cacheCardinality(call, cardinality);
    reply.integer(cardinality);
  },
};
