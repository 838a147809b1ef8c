import type { Call, CommandFlag, CommandSpec } from './spec.ts';

/** A subcommand spec with what most of them have in common: no keys, constant time. */
export function subcommand(
  name: string,
  since: string,
  arity: number,
  summary: string,
  run: (call: Call) => void,
  more: { readonly group?: CommandSpec['group']; readonly flags?: readonly CommandFlag[]; readonly categories?: readonly string[]; readonly complexity?: string; readonly keys?: CommandSpec['keys'] } = {},
): CommandSpec {
  return {
    name,
    summary,
    since,
    group: more.group ?? 'server',
    complexity: more.complexity ?? 'O(1)',
    arity,
    flags: more.flags ?? ['loading', 'stale'],
    categories: more.categories ?? [],
    keys: more.keys ?? [],
    run,
  };
}

/** As Redis has them: HELP of these containers is in a category of its own. */
const categoriesOfHelp = (container: string, group: CommandSpec['group']): readonly string[] => (group === 'connection' || container === 'command' ? ['connection'] : container === 'object' ? ['keyspace'] : group === 'scripting' ? ['scripting'] : []);

/** HELP of a container: one status line per row, framed as Redis does. */
export function helpSubcommand(container: string, group: CommandSpec['group'], since: string, rows: readonly string[]): CommandSpec {
  const lines = [`${container.toUpperCase()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`, ...rows, 'HELP', '    Prints this help.'];
  const answer = ({ reply }: Call): void => {
    reply.array(lines.length);
    for (const line of lines) reply.simple(line);
  };
  return subcommand(`${container}|help`, since, 2, 'Returns helpful text about the subcommands.', answer, { group, categories: categoriesOfHelp(container, group) });
}
