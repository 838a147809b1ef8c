import type { SuiteOutcome } from './suite-output.ts';

export interface SuiteResult {
  readonly suite: string;
  readonly outcome: SuiteOutcome;
  /** Tests that redis-server passes. */
  readonly reference: number;
  /** Those of them that the run did not come to, by name where they are known. */
  readonly notReached: readonly string[];
}

/** Failed and not reached. */
export function failedCount({ outcome, reference, notReached }: SuiteResult): number {
  const seen = outcome.passed.length + outcome.failed.length;
  return outcome.failed.length + (outcome.stopped === undefined ? 0 : Math.max(notReached.length, reference - seen, 1));
}

export function tableOf(results: readonly SuiteResult[]): string {
  const lines = ['suite                   passed  failed  redis-server'];
  for (const result of results) lines.push(row(result.suite, result.outcome.passed.length, failedCount(result), result.reference));
  const sum = (of: (result: SuiteResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  lines.push(row('all', sum(({ outcome }) => outcome.passed.length), sum(failedCount), sum(({ reference }) => reference)));
  return `${lines.join('\n')}\n`;
}

function row(name: string, passed: number, failed: number, reference: number): string {
  return `${name.padEnd(22)}${String(passed).padStart(8)}${String(failed).padStart(8)}${String(reference).padStart(14)}`;
}

/** What did not pass in one suite. */
export function detailsOf({ suite, outcome, notReached }: SuiteResult): string {
  const lines = outcome.failed.map(({ name, reason }) => `  failed       ${name}${reason === '' ? '' : `\n               ${reason.slice(0, 300)}`}`);
  if (outcome.stopped !== undefined) lines.push(`  stopped      ${outcome.stopped.slice(0, 300)}`);
  for (const name of notReached) lines.push(`  not reached  ${name}`);
  return lines.length === 0 ? '' : `${suite}\n${lines.join('\n')}\n`;
}
