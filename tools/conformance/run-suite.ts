import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { deniedTags } from './suites.ts';
import { readSuiteOutput, type SuiteOutcome } from './suite-output.ts';

/** A run that says nothing for so long hangs. */
const silenceMs = 150_000;
const totalMs = 20 * 60_000;

/** Where the suite's processes look for ports of their own; two runs at once must not meet. */
const basePort = (): number => 21_000 + (process.pid % 300) * 40;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Runs one suite of the source folder against a server; cuts it off when it hangs. */
export async function runSuite(source: string, suite: string, { host, port }: Address, onLine: (line: string) => void): Promise<SuiteOutcome> {
  const args = ['--host', host, '--port', `${port}`, '--baseport', `${basePort()}`, '--singledb', '--cluster-mode', '--durable', '--tags', deniedTags, '--single', suite];
  // A group of its own: the suite starts further processes, which must go with it.
  const child = spawn('./runtest', args, { cwd: source, stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { ...process.env, TERM: 'dumb' } });
  const lines: string[] = [];
  let cut: string | undefined;
  const cutOff = (why: string): void => {
    cut ??= why;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  const atExit = (): void => cutOff('ended from outside');
  process.once('exit', atExit);
  const total = setTimeout(() => cutOff(`cut off after ${totalMs / 60_000} minutes`), totalMs);
  let silence = setTimeout(() => {}, 0);
  const restart = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => cutOff(`cut off: silent for ${silenceMs / 1000} s`), silenceMs);
  };
  restart();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      restart();
      lines.push(line);
      onLine(line);
    });
  }
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => resolve());
    child.once('error', reject);
  }).finally(() => {
    clearTimeout(total);
    clearTimeout(silence);
    process.off('exit', atExit);
  });
  const outcome = readSuiteOutput(lines);
  return cut === undefined ? outcome : { ...outcome, stopped: cut };
}
