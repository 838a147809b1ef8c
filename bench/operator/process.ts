import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ControlPlane } from '../../test/kube/control-plane.ts';

/** `meridian operator` as a process, and what it says of itself. */
export interface OperatorProcess {
  readonly startedMs: number;
  figures(): Promise<OperatorFigures>;
  /** VmRSS and its peak, from the kernel. */
  memoryMb(): { readonly now: number; readonly most: number };
  stop(): Promise<void>;
}

export interface OperatorFigures {
  readonly passes: number;
  readonly waiting: number;
  readonly leads: boolean;
  /** All of them, reads and watches too. */
  readonly requests: number;
  /** Requests that write, without the renewals of the election's Lease. */
  readonly writes: number;
  readonly writesByKind: Readonly<Record<string, number>>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

const fillCache = [`${root}cli/main.ts`, `${root}operator/main.ts`, `${root}operator/connect.ts`, `${root}operator/runtime/prometheus.ts`, `${root}operator/node-api/admin-port.ts`].map((path) => `await import('${path}');`).join('');

/** With the files and variables that a kubelet would give it. */
export async function startOperator({ port: serverPort, ca, adminToken, run }: ControlPlane, flags: readonly string[]): Promise<OperatorProcess> {
  const folder = join(run.path, 'service-account');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries({ token: adminToken, 'ca.crt': ca, namespace: 'default' })) writeFileSync(join(folder, name), text);
  const inPod = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(serverPort), MERIDIAN_SERVICE_ACCOUNT_DIR: folder, KUBECONFIG: '' };
  // As the image and the chart have them; the image is built with a full cache.
  const inImage = { MALLOC_ARENA_MAX: '1', NODE_OPTIONS: '--max-semi-space-size=8', NODE_COMPILE_CACHE: join(run.path, 'compile-cache') };
  const program = ['--disable-warning=ExperimentalWarning', 'cli/main.ts', 'operator'];
  if (!existsSync(inImage.NODE_COMPILE_CACHE)) spawnSync(process.execPath, ['--input-type=module', '--eval', fillCache], { cwd: root, env: { ...process.env, ...inImage } });
  const args = [...program, '--metrics-host', '127.0.0.1', '--metrics-port', '0', '--pod-name', 'bench', '--pod-namespace', 'default', ...flags];
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...inPod, ...inImage } });
  const exit = once(child, 'exit');
  const port = await new Promise<number>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (text.length < 100_000) text += chunk.toString('utf8');
      const found = /"metricsPort":(\d+)/.exec(text);
      if (found) resolve(Number(found[1]));
    });
    void exit.then(() => reject(new Error(`the operator ended: ${text.slice(-2_000)}`)));
  });
  const status = (): string => readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const megabytes = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status())?.[1]) / 1024;
  return {
    startedMs,
    figures: async () => figuresOf(await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } })).text()),
    memoryMb: () => ({ now: megabytes('VmRSS'), most: megabytes('VmHWM') }),
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

const writingVerbs = new Set(['create', 'update', 'apply', 'patch', 'delete', 'evict']);

function figuresOf(text: string): OperatorFigures {
  const sum = (name: string): number => [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((total, [, value]) => total + Number(value), 0);
  const writesByKind: Record<string, number> = {};
  for (const [, verb, resource, value] of text.matchAll(/^meridian_api_requests_total\{verb="(\w+)",resource="([^"]+)",code="\d+"\} (\d+)$/gm)) {
    const renewal = verb === 'update' && resource === 'leases.coordination.k8s.io';
    if (writingVerbs.has(verb) && !renewal) writesByKind[`${verb} ${resource}`] = (writesByKind[`${verb} ${resource}`] ?? 0) + Number(value);
  }
  const writes = Object.values(writesByKind).reduce((total, count) => total + count, 0);
  return { passes: sum('meridian_reconciles_total'), waiting: sum('meridian_queue_depth'), leads: sum('meridian_leader') === 1, requests: sum('meridian_api_requests_total'), writes, writesByKind };
}
