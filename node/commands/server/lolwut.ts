import type { CommandSpec } from '../spec.ts';

const picture = ['        .', "   _  .' '.  _", "  ( '.     .' )", "   '. \\   / .'", '     -- | --', "   .' /   \\ '.", '  (_.-     -._)', ''].join('\n');

export const lolwut: CommandSpec = {
  name: 'lolwut',
  summary: 'Draws something, and says the version.',
  since: '5.0.0',
  group: 'server',
  complexity: 'O(1)',
  arity: -1,
  flags: ['readonly', 'fast'],
  categories: [],
  keys: [],
  run({ reply }) {
    reply.verbatim('txt', `${picture}Meridian, following Redis ver. 7.0.15\n`);
  },
};
