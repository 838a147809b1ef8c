import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { ensureBinaries } from '../../tools/kube/ensure.ts';
import type { Result, Task } from './task.ts';

export const languages = ['ioredis', 'redis-py', 'go-redis'] as const;
export type Language = (typeof languages)[number];

async function commandOf(language: Language): Promise<readonly string[]> {
  switch (language) {
    case 'ioredis':
      return [process.execPath, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'ioredis.ts')];
    case 'redis-py':
      return ['python3', join(import.meta.dirname, 'redis_py.py')];
    case 'go-redis':
      return [(await ensureBinaries(['redis-client']))['redis-client']];
  }
}

/** Runs one client program to its end. A program that does not report is a failure with what it printed. */
export async function runClient(language: Language, task: Task): Promise<Result> {
  const { end, result } = await launch(language, task, { timeout: 120_000 });
  end();
  return result;
}

/** A client program that goes on until it is stopped. */
export interface Endless {
  readonly language: Language;
  /** Fails when any answer was an error or a wrong value, or when there were none. */
  stop(): Promise<Result>;
}

export async function startEndless(language: Language, task: Task): Promise<Endless> {
  const { end, result } = await launch(language, { ...task, endless: true }, {});
  // A program that dies early is told of by `stop`.
  result.catch(() => {});
  return {
    language,
    async stop() {
      end();
      const done = await result;
      if (done.written === 0 || done.errors.length > 0) throw new Error(`${language}: ${done.errors.length} of ${done.written + done.read} operations failed: ${done.errors.slice(0, 4).join('; ')}`);
      return done;
    },
  };
}

async function launch(language: Language, task: Task, options: { readonly timeout?: number }): Promise<{ end(): void; readonly result: Promise<Result> }> {
  const [program, ...args] = await commandOf(language);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  child.stdin.write(`${JSON.stringify(task)}\n`);
  const report = async (): Promise<Result> => {
    const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (code !== 0) throw new Error(`${language} ended with ${code}: ${errors.trim().split('\n').slice(-4).join('\n')}`);
    return JSON.parse(output) as Result;
  };
  return { end: () => void child.stdin.end(), result: report() };
}
