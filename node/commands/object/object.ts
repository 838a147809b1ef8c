import { findKey } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { helpSubcommand, subcommand } from '../subcommand.ts';
import { encodingOf } from './encoding-of.ts';
import { frequencyOf, idleSecondsOf } from './usage.ts';

/** Looking at a key is no use of it. */
function about(answer: (call: Call, ref: number) => void): (call: Call) => void {
  return (call) => {
    const ref = findKey(call, 2);
    if (ref === 0) call.reply.nil();
    else answer(call, ref);
  };
}

const ofOneKey = { group: 'generic', flags: ['readonly'], categories: ['keyspace'], keys: keysAt(['RO'], 0, 1, 2) } as const;

export const object: CommandSpec = {
  name: 'object',
  summary: 'A container for object introspection commands.',
  since: '2.2.3',
  group: 'generic',
  complexity: 'Depends on subcommand.',
  arity: -2,
  flags: [],
  categories: [],
  keys: [],
  subcommands: [
    subcommand('object|encoding', '2.2.3', 3, 'Says how the value of a key is stored.', about((call, ref) => call.reply.bulkLatin1(encodingOf(call.node.store, ref))), ofOneKey),
    subcommand('object|freq', '4.0.0', 3, 'Says how often a key was used of late, under an LFU policy.', about(frequencyOf), ofOneKey),
    subcommand('object|idletime', '2.2.3', 3, 'Says how many seconds ago a key was used.', about(idleSecondsOf), ofOneKey),
    subcommand('object|refcount', '2.2.3', 3, 'Says how many references there are to a value: always 1.', about((call) => call.reply.integer(1)), ofOneKey),
    helpSubcommand('object', 'generic', '6.2.0', [
      'ENCODING <key>',
      '    Return the kind of internal representation used in order to store the value',
      '    associated with a <key>.',
      'FREQ <key>',
      '    Return the access frequency index of the <key>. The returned integer is',
      '    proportional to the logarithm of the recent access frequency of the key.',
      'IDLETIME <key>',
      '    Return the idle time of the <key>, that is the approximated number of',
      '    seconds elapsed since the last access to the key.',
      'REFCOUNT <key>',
      '    Return the number of references of the value associated with the specified',
      '    <key>.',
    ]),
  ],
};
