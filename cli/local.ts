import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { localUsage, parseLocalOptions } from '../local/options.ts';
import { changeLine, changeText, readyLine, readyText } from '../local/report/lines.ts';
import type { Change } from '../local/report/lines.ts';
import { startLocalMode } from '../local/run.ts';
import { createLogger } from '../shared/log/log.ts';
import { systemPorts } from '../shared/ports/system.ts';
import { version } from './version.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** `npm start` = `meridian local`. */
export async function runLocalCommand(args: readonly string[]): Promise<number> {
  const startMs = systemPorts.clock.monotonicMs();
  const options = parseLocalOptions(args, join(here, '..', 'examples', 'quickstart.yaml'));
  if (options === 'help') {
    process.stdout.write(localUsage);
    return 0;
  }
  const stopped = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve());
  });
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  // For whoever waits: not part of what programs read.
  const progress = (change: Change): void => void (change.change === 'waiting' && process.stderr.write(`${changeText(change)}\n`));
  if (!options.json) process.stderr.write(`starting what ${options.files.map((file) => relative('', file)).join(', ')} asks for\n`);
  const log = createLogger({ clock: systemPorts.clock, level: 'warn', write: (line) => void process.stderr.write(`${line}\n`) });
  const env = Object.fromEntries(['PATH', 'HOME', 'NODE_COMPILE_CACHE'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  const local = await startLocalMode({ options, ports: systemPorts, log, program: join(here, 'main.ts'), version, env, tell: (change) => print(options.json ? changeLine(change) : changeText(change)), ...(options.json ? {} : { progress }) }, stopped);
  if (local === undefined) return 0;
  const seconds = ((systemPorts.clock.monotonicMs() - startMs) / 1000).toFixed(1);
  print(options.json ? readyLine(local.clusters, local.statusUrl) : readyText(local.clusters, local.statusUrl, seconds));
  await stopped;
  await local.stop();
  return 0;
}
