import { latin1At } from '../arguments.ts';
import { optionIs } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { makeDense, opsText } from './dense-sketch.ts';
import { denseRegister, registerCount } from './layout.ts';
import { loadSketch, sketch } from './sketch-access.ts';

export const pfdebug: CommandSpec = {
  name: 'pfdebug',
  summary: 'Shows the inside of a HyperLogLog, for tests.',
  since: '2.8.9',
  group: 'hyperloglog',
  complexity: 'N/A',
  arity: 3,
  flags: ['write', 'denyoom', 'admin'],
  categories: ['hyperloglog'],
  keys: keysAt(['RW', 'access'], 0, 1, 2),
  args: [{ name: 'subcommand', type: 'string' }, { name: 'key', type: 'key' }],
  run(call) {
    const { reply } = call;
    const there = loadSketch(call, 2);
    if (there < 0) return;
    if (there === 0) return reply.error('ERR The specified key does not exist');
    if (optionIs(call, 1, 'encoding')) reply.simple(sketch.isDense ? 'dense' : 'sparse');
    else if (optionIs(call, 1, 'todense')) {
      const was = sketch.isDense;
      if (makeDense(call)) reply.integer(was ? 0 : 1);
    } else if (optionIs(call, 1, 'getreg')) {
      if (!makeDense(call)) return;
      reply.array(registerCount);
      for (let i = 0; i < registerCount; i++) reply.integer(denseRegister(sketch.bytes, 0, i));
    } else if (optionIs(call, 1, 'decode')) {
      if (sketch.isDense) reply.error('ERR HLL encoding is not sparse');
      else reply.bulkLatin1(opsText(sketch.bytes, sketch.length));
    } else reply.error(`ERR Unknown PFDEBUG subcommand '${latin1At(call, 1)}'`);
  },
};
