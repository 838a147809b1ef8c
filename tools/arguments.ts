import { parseArgs, type ParseArgsConfig } from 'node:util';

/** Arguments of a developer's program. With --help it prints the usage and ends; with arguments that it has not, what is wrong, then the usage, and ends with 2. */
export function argumentsOf<T extends NonNullable<ParseArgsConfig['options']>>(usage: string, options: T, args: readonly string[] = process.argv.slice(2)) {
  try {
    const parsed = parseArgs({ args: [...args], allowPositionals: true, options: { ...options, help: { type: 'boolean', short: 'h' } } });
    if ((parsed.values as { readonly help?: boolean }).help !== true) return parsed;
    process.stdout.write(usage);
    return process.exit(0);
  } catch (error) {
    return endWithUsage(error, usage);
  }
}

/** For faults of the arguments only; any other error goes on. */
export function endWithUsage(error: unknown, usage: string): never {
  if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))) throw error;
  process.stderr.write(`${error.message}\n\n${usage}`);
  return process.exit(2);
}

/** A count given as text; what is none ends the program with 2. */
export function countOf(name: string, text: string | undefined, otherwise: number, least = 0): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
  return refuse(`${name} takes a whole number from ${least}, not "${text}"`);
}

/** Says what is wrong with the arguments, and ends the program. */
export function refuse(what: string): never {
  process.stderr.write(`${what}\n`);
  return process.exit(2);
}
