import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** `npm run bench -- NAME [ARG ...]` runs bench/NAME/main.ts, which exports `title` and `run(args)`; no name lists them. */
interface Bench {
  readonly title: string;
  readonly run: (args: readonly string[]) => Promise<void>;
}

const folder = dirname(fileURLToPath(import.meta.url));
const benchFile = (name: string): string => join(folder, name, 'main.ts');
const load = async (name: string): Promise<Bench> => (await import(pathToFileURL(benchFile(name)).href)) as Bench;
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(benchFile(entry.name)))
  .map((entry) => entry.name);

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  if (name !== undefined) console.error(`no bench is called "${name}"`);
  for (const one of names) console.log(`${one.padEnd(14)} ${(await load(one)).title}`);
  process.exit(name === undefined ? 0 : 2);
}
await (await load(name)).run(args);
