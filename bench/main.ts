import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { endWithUsage } from '../tools/arguments.ts';

/** `npm run bench -- NAME [ARG ...]` runs bench/NAME/main.ts, which exports `title`, `run(args)` and, where it has more than the title says, `usage`; no name lists them. */
interface Bench {
  readonly title: string;
  readonly usage?: string;
  readonly run: (args: readonly string[]) => Promise<void>;
}

const folder = dirname(fileURLToPath(import.meta.url));
const benchFile = (name: string): string => join(folder, name, 'main.ts');
const load = async (name: string): Promise<Bench> => (await import(pathToFileURL(benchFile(name)).href)) as Bench;
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(benchFile(entry.name)))
  .map((entry) => entry.name);

const [name, ...args] = process.argv.slice(2);
const asksForHelp = (text: string | undefined): boolean => text === '--help' || text === '-h';

async function list(): Promise<void> {
  for (const one of names) console.log(`${one.padEnd(14)} ${(await load(one)).title}`);
}

async function runOne(one: string): Promise<void> {
  const bench = await load(one);
  const usage = `npm run bench -- ${one}\n  ${bench.title}\n${bench.usage === undefined ? '' : `  ${bench.usage}\n`}`;
  if (args.some(asksForHelp)) process.stdout.write(usage);
  else await bench.run(args).catch((error: unknown) => endWithUsage(error, usage));
}

if (name !== undefined && names.includes(name)) await runOne(name);
else {
  if (name !== undefined && !asksForHelp(name)) console.error(`no bench is called "${name}"; there are:`);
  await list();
  process.exitCode = name === undefined || asksForHelp(name) ? 0 : 2;
}
