import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real kubectl against one server, with a home of its own. */
export function kubectlFor(url: string) {
  const home = mkdtempSync(join(tmpdir(), 'meridian-kubectl-'));
  const env = { PATH: process.env.PATH ?? '', HOME: home, KUBECONFIG: join(home, 'none') };
  const base = ['-s', url, '--cache-dir', join(home, 'cache')];
  const run = (args: readonly string[], input = '', more: Readonly<Record<string, string>> = {}): Promise<Output> =>
    new Promise((resolve, reject) => {
      const child = execFile('kubectl', [...base, ...args], { env: { ...env, ...more } }, (error, stdout, stderr) => {
        if (error && (error as NodeJS.ErrnoException).code === 'ENOENT') reject(new Error('kubectl is not installed: see docs/developing.md'));
        else resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
      });
      child.stdin?.end(input);
    });
  return {
    run,
    /** Standard output; fails when kubectl does. */
    async ok(args: readonly string[], input = '', more: Readonly<Record<string, string>> = {}): Promise<string> {
      const { code, stdout, stderr } = await run(args, input, more);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}${stdout}`);
      return stdout;
    },
    /** Runs on; lines of its output are given to `line`. */
    follow(args: readonly string[], line: (line: string) => void): ChildProcess {
      const child = spawn('kubectl', [...base, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
      let rest = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const one of lines) line(one);
      });
      return child;
    },
    end: (): void => rmSync(home, { recursive: true, force: true }),
  };
}

export type Kubectl = ReturnType<typeof kubectlFor>;
