import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TargetName } from './targets.ts';

const fileOf = (target: TargetName): string => join(import.meta.dirname, 'corpus', `${target}.txt`);

/** One input a line, in base64. */
export function readCorpus(target: TargetName): readonly Buffer[] {
  if (!existsSync(fileOf(target))) return [];
  return readFileSync(fileOf(target), 'utf8').split('\n').filter((line) => line !== '').map((line) => Buffer.from(line, 'base64'));
}

/** What is kept is replayed by every test run, and read by people who look at what changed. */
const mostInputs = 300;
const largestKept = 1024;

export function writeCorpus(target: TargetName, inputs: readonly Buffer[]): void {
  const kept = inputs.filter(({ length }) => length <= largestKept).slice(0, mostInputs);
  writeFileSync(fileOf(target), kept.map((input) => `${input.toString('base64')}\n`).join(''));
}
