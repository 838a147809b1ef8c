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
  const [program, ...args] = await commandOf(language);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 120_000 });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  child.stdin.end(JSON.stringify(task));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`${language} ended with ${code}: ${errors.trim().split('\n').slice(-4).join('\n')}`);
  return JSON.parse(output) as Result;
}
