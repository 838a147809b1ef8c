import { wordAt } from '../arguments.ts';
import { boundNamespaces } from '../bound-namespaces.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { defaultSections, everySection, infoSections } from './info/sections.ts';

export const info: CommandSpec = {
  name: 'info',
  summary: 'Returns information and statistics about the server.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(1)',
  arity: -1,
  flags: ['loading', 'stale'],
  categories: ['dangerous'],
  keys: [],
  args: [{ name: 'section', type: 'string', optional: true, multiple: true }],
  run(call) {
    const text = wantedSections(call).map((name) => `# ${name}\r\n${infoSections[name](call).map(([field, value]) => `${field}:${value}\r\n`).join('')}`);
    call.reply.verbatim('txt', text.join('\r\n'));
  },
};

/** Who is bound to namespaces is told nothing about the others' use of the server. */
const sectionsOfBound: ReadonlySet<string> = new Set(['Server', 'Cluster', 'Keyspace']);

function wantedSections(call: Call): readonly string[] {
  const wanted = askedSections(call);
  return boundNamespaces(call, 'read') === undefined ? wanted : wanted.filter((name) => sectionsOfBound.has(name));
}

function askedSections(call: Call): readonly string[] {
  if (call.argc === 1) return defaultSections;
  const wanted = new Set<string>();
  for (let i = 1; i < call.argc; i++) {
    const word = wordAt(call, i);
    if (word === 'all' || word === 'everything') for (const name of everySection) wanted.add(name);
    else if (word === 'default') for (const name of defaultSections) wanted.add(name);
    else for (const name of everySection) if (name.toLowerCase() === word) wanted.add(name);
  }
  return everySection.filter((name) => wanted.has(name));
}
