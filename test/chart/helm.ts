import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../operator/kube/port.ts';
import { ensureBinaries } from '../../tools/kube/ensure.ts';

const chartPath = (name: string): string => fileURLToPath(new URL(`../../charts/${name}`, import.meta.url));

export interface Helm {
  lint(chart: string, ...settings: readonly string[]): Promise<string>;
  /** Everything that an installation would create, hooks included. */
  template(chart: string, ...settings: readonly string[]): Promise<readonly KubeObject[]>;
}

/** The real helm over the charts of this repository; `settings` are its `--set` assignments. Rejects with what helm says. */
export async function helm(): Promise<Helm> {
  const binaries = await ensureBinaries(['helm']);
  const run = (args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(binaries.helm, args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => (error ? reject(new Error(`${stderr}${stdout}`)) : resolve(stdout)));
    });
  const sets = (settings: readonly string[]): string[] => settings.flatMap((setting) => ['--set', setting]);
  return {
    lint: (chart, ...settings) => run(['lint', '--strict', chartPath(chart), ...sets(settings)]),
    async template(chart, ...settings) {
      const text = await run(['template', 'caches', chartPath(chart), '--namespace', 'system', ...sets(settings)]);
      return parseAllDocuments(text).map((document) => document.toJS() as KubeObject | null).filter((object) => object !== null);
    },
  };
}
