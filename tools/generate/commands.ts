import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allCommands } from '../../node/commands/command-list.ts';
import type { CommandSpec } from '../../node/commands/spec.ts';
import type { GeneratedFile } from './files.ts';
import { cell } from './markdown.ts';

const exceptions = join(import.meta.dirname, 'commands-not-passed.md');

const introduction = `<!-- Generated from node/commands and tools/generate/commands-not-passed.md by \`npm run generate\`; do not edit. -->
# Commands

Every command that a node answers, with the version of Redis that brought it. Replies, errors and notifications are those of Redis 7.0 in cluster mode.
\`npm run conformance -- redis\` runs Redis' own tests against a local cluster; what does not pass is at the end, with the reason.

`;

/** docs/commands.md: the support table, then what differs from Redis. */
export function commandsFile(): GeneratedFile {
  const groups = [...new Set(allCommands.map(({ group }) => group))].toSorted();
  const tables = groups.map((group) => tableOf(group, allCommands.filter((spec) => spec.group === group)));
  return { path: 'docs/commands.md', content: `${introduction}${tables.join('\n')}\n${readFileSync(exceptions, 'utf8')}` };
}

function tableOf(group: string, specs: readonly CommandSpec[]): string {
  const rows = specs.flatMap((spec) => [spec, ...(spec.subcommands ?? [])]).map(rowOf);
  return `## ${group}\n\n| command | since | flags | what it does |\n|---|---|---|---|\n${rows.join('')}`;
}

function rowOf({ name, since, flags, summary }: CommandSpec): string {
  return `| \`${name.toUpperCase().replace('|', ' ')}\` | ${since} | ${flags.join(' ')} | ${cell(summary)} |\n`;
}
