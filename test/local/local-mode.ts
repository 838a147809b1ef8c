import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePortRange } from './free-ports.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface ReadyLine {
  readonly event: 'ready';
  readonly clusters: readonly { readonly namespace: string; readonly name: string; readonly regions: readonly { readonly name: string; readonly redis: readonly string[]; readonly http: readonly string[] }[] }[];
  readonly status: string;
}

export interface LocalMode {
  readonly child: ChildProcess;
  readonly ready: ReadyLine;
  readonly redisPort: number;
  readonly httpPort: number;
  readonly statusUrl: string;
  /** Lines of standard output after the ready line, oldest first. */
  readonly lines: string[];
  /** The first line (already seen or yet to come) that `wanted` accepts. */
  line(wanted: (line: string) => boolean): Promise<string>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A folder for one test's manifests; removed by `remove`. */
export function manifestFolder(files: Readonly<Record<string, string>>) {
  const path = mkdtempSync(join(tmpdir(), 'meridian-local-'));
  const write = (name: string, text: string): void => writeFileSync(join(path, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  return { path, write, remove: (name?: string) => rmSync(name === undefined ? path : join(path, name), { recursive: true, force: true }) };
}

export const clusterManifest = (name: string, more: { readonly regions?: readonly string[]; readonly shards?: number; readonly replicas?: number; readonly extra?: string } = {}): string => `apiVersion: meridiancache.io/v1alpha1
kind: CacheCluster
metadata:
  name: ${name}
  namespace: default
spec:
  shards: ${more.shards ?? 1}
  replicas: ${more.replicas ?? 0}
  memory: 64Mi
  regions:
${(more.regions ?? ['us']).map((region) => `    - name: ${region}`).join('\n')}
${more.extra ?? ''}`;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const program = [join(root, 'cli', 'main.ts'), 'local'];

/** Runs local mode to its end; for what must be refused. */
export async function runLocalToEnd(args: readonly string[]): Promise<Finished> {
  const child = spawn(process.execPath, [...program, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Starts local mode on free ports and waits for its ready line. */
export async function startLocal(files: readonly string[], more: { readonly nodes?: number; readonly args?: readonly string[] } = {}): Promise<LocalMode> {
  const nodes = more.nodes ?? 24;
  const redisPort = await freePortRange(2 * nodes + 1);
  const httpPort = redisPort + nodes;
  const statusPort = httpPort + nodes;
  const child = spawn(process.execPath, [...program, ...files.flatMap((file) => ['-f', file]), '--json', '--port', `${redisPort}`, '--http-port', `${httpPort}`, '--status-port', `${statusPort}`, ...(more.args ?? [])], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const lines: string[] = [];
  const waiting: { readonly wanted: (line: string) => boolean; readonly found: (line: string) => void }[] = [];
  const ready = await new Promise<ReadyLine>((resolve, reject) => {
    let isReady = false;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!isReady && line.startsWith('{"event":"ready"')) {
        isReady = true;
        resolve(JSON.parse(line) as ReadyLine);
        return;
      }
      lines.push(line);
      for (const one of [...waiting]) if (one.wanted(line)) one.found(line);
    });
    child.once('exit', (code) => reject(new Error(`local mode ended with ${code} before it was ready:\n${stderr}${lines.join('\n')}`)));
  });
  return {
    child,
    ready,
    redisPort,
    httpPort,
    statusUrl: `http://127.0.0.1:${statusPort}`,
    lines,
    line(wanted) {
      const seen = lines.find(wanted);
      return seen !== undefined ? Promise.resolve(seen) : new Promise((found) => waiting.push({ wanted, found }));
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null) return child.exitCode;
      const ended = once(child, 'exit') as Promise<[number | null]>;
      child.kill(signal);
      return (await ended)[0];
    },
  };
}
