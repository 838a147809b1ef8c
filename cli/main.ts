import { MeridianError } from '../shared/errors/meridian-error.ts';
import { version } from './version.ts';

/** The program `meridian`. Each command is imported only when it is asked for: a node must start fast and stay small. */
export interface Command {
  readonly summary: string;
  readonly run: (args: readonly string[]) => Promise<number>;
}

const commands: Readonly<Record<string, Command>> = {
  local: { summary: 'bring manifests up on this machine, with no Kubernetes', run: async (args) => (await import('./local.ts')).runLocalCommand(args) },
  operator: { summary: 'the controller', run: async (args) => (await import('./operator.ts')).runOperatorCommand(args) },
  node: { summary: 'a cache node (started by the operator)', run: async (args) => (await import('./node.ts')).runNodeCommand(args) },
  status: { summary: 'clusters, regions and shards as they are', run: async (args) => (await import('./status.ts')).runStatusCommand(args) },
  switchover: { summary: 'hand shards over to another copy, without a failed operation', run: async (args) => (await import('./switchover.ts')).runSwitchoverCommand(args) },
  plan: { summary: 'which slots are about to move, and what they wait for', run: async (args) => (await import('./plan.ts')).runPlanCommand(args) },
  approve: { summary: 'let the slots of a plan move', run: async (args) => (await import('./plan.ts')).runApproveCommand(args) },
  cancel: { summary: 'leave the slots of a plan where they are', run: async (args) => (await import('./plan.ts')).runCancelCommand(args) },
  manifests: { summary: 'print the whole installation, to pipe into kubectl', run: async (args) => (await import('./installation.ts')).runManifestsCommand(args) },
  crds: { summary: 'print the CustomResourceDefinitions', run: async (args) => (await import('./crds.ts')).runCrdsCommand(args) },
};

function usage(): string {
  const rows = Object.entries(commands).map(([name, command]) => `  ${name.padEnd(11)} ${command.summary}`);
  return `meridian ${version} — a cache operator for Kubernetes and the cache it runs\n\nusage: meridian COMMAND [--help]\n\n${rows.join('\n')}\n`;
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new MeridianError('USAGE', { detail: `there is no command "${name}"` });
  return command.run(rest);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof MeridianError)) throw error;
  // What was started before the fault must not keep the program alive.
  process.stderr.write(`meridian: ${error.message}\n${error.row.remedy}\n`, () => process.exit(2));
}
