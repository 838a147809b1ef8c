import { spawn } from 'node:child_process';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Standard output and standard error, as they come. */
  readonly output: (chunk: Buffer) => void;
  /** Once, also when the program could not be started. */
  readonly exited: (exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly error?: Error }) => void;
}

export interface Child {
  readonly pid: number | undefined;
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** A program as a child process with piped output. Its input is a pipe that stays empty and is closed when this process is gone (`watchLifeline`). */
export function startChild({ command, args, env, cwd, output, exited }: ChildOptions): Child {
  const child = spawn(command, [...args], { env: { ...env }, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  let over = false;
  const end = (exit: Parameters<typeof exited>[0]): void => {
    if (over) return;
    over = true;
    exited(exit);
  };
  child.stdin.on('error', () => {});
  child.stdout.on('data', output);
  child.stderr.on('data', output);
  child.once('error', (error) => end({ code: null, signal: null, error }));
  child.once('exit', (code, signal) => end({ code, signal }));
  return { pid: child.pid, signal: (signal) => void child.kill(signal) };
}
