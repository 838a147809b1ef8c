import type { CommandSpec } from '../spec.ts';
import { selfTest } from './self-test.ts';

export const pfselftest: CommandSpec = {
  name: 'pfselftest',
  summary: 'Tests the registers and estimates of HyperLogLogs.',
  since: '2.8.9',
  group: 'hyperloglog',
  complexity: 'N/A',
  arity: 1,
  flags: ['admin'],
  categories: ['hyperloglog'],
  keys: [],
  args: [],
  run(call) {
    const fault = selfTest(call.node.ports.random);
    if (fault === undefined) call.reply.ok();
    else call.reply.error(`TESTFAILED ${fault}`);
  },
};
