const usage = `meridian node — a cache node

It is started by the operator and takes no flags: its configuration comes from mounted files and the environment (docs/node.md).
`;

/** Runs until SIGTERM or SIGINT. */
export async function runNodeCommand(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage);
    return 0;
  }
  const { runNode } = await import('../node/main.ts');
  return runNode(process.env);
}
