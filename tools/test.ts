import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureBinaries } from './kube/ensure.ts';
import { runStep } from './steps.ts';

/** `npm test`: generated files, types, lint, then every test. The last line is `N passed, N failed` over all of it. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
}

const folder = mkdtempSync(join(tmpdir(), 'meridian-test-'));
const reportFile = join(folder, 'report.json');
let passed = 0;
let failed = 0;
const count = (ok: boolean): void => {
  if (ok) passed += 1;
  else failed += 1;
};

count(await runStep({ title: 'generated files are in step', command: 'node', args: ['tools/generate.ts', '--check'] }));
count(await runStep({ title: 'types', command: 'tsc', args: ['-p', '.'] }));
count(await runStep({ title: 'lint', command: 'oxlint', args: ['--type-aware', '--quiet'] }));
// Minutes with an empty cache: with progress shown here, not within the time limit of a test.
count(await runStep({ title: 'programs of the real API server', command: 'node', args: ['tools/kube/main.ts', 'build', 'test'] }));
// The kubectl that belongs to that API server, whatever the machine has.
const { kubectl } = await ensureBinaries(['kubectl']);
const path = `${dirname(kubectl)}:${process.env.PATH ?? ''}`;
const testsOk = await runStep({ title: 'tests', command: 'vitest', env: { PATH: path }, args: ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`, ...process.argv.slice(2)] });
try {
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as VitestReport;
  passed += report.numPassedTests;
  // A file that cannot be loaded fails without a failed test in it: it still counts as one.
  failed += Math.max(report.numFailedTests, testsOk ? 0 : 1);
} catch {
  failed += 1;
}
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
