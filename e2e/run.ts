import { parseArgs } from 'node:util';
import { changeSteps } from './changes/changes.ts';
import { diagnose } from './diagnose.ts';
import { faultSteps } from './faults/faults.ts';
import { journeySteps } from './journey/journey.ts';
import type { Step } from './journey/step.ts';
import { missingForClients, missingForOwnCluster } from './requirements.ts';
import { currentContext, ownCluster } from './clusters.ts';
import type { World } from './world.ts';

const usage = `usage: npm run e2e [-- faults | changes] [-- --only TEXT] [-- --keep] [-- --list]
  Starts a Kubernetes cluster on this machine (root), installs the charts and takes a cache through what clusters do.
  faults                instead strikes primaries and machines under load, again and again, and measures: some 20 minutes
    --count N           SIGKILLs (50); the slower faults a fifth as often
    --minutes N         for which the API server is away (5)
  changes               instead rolls, drains, scales and fills a cache under load: some 20 minutes
    --megabytes N       of data that are scaled (256)
    --rate N            writes a second, and as many reads (500)
  E2E_CLUSTER=current   uses kubectl's current context instead, without root (docs/e2e.md)
  --only TEXT           the first step (of faults the first two) and those whose name has TEXT
  --keep                leaves the cluster running after a failure until Ctrl-C, and prints its kubeconfig
`;
const { values, positionals } = parseArgs({ allowPositionals: true, options: { count: { type: 'string', default: '50' }, minutes: { type: 'string', default: '5' }, megabytes: { type: 'string', default: '256' }, rate: { type: 'string', default: '500' }, only: { type: 'string', multiple: true }, keep: { type: 'boolean' }, list: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1000).toFixed(1);

/** A program that tried again and again says the same thing as often; once is enough. */
const shortened = (error: unknown): readonly string[] => [...new Set((error instanceof Error ? error.message : String(error)).split('\n'))].slice(0, 12);

async function runSteps(world: World, steps: readonly Step[]): Promise<{ passed: number; failed: number }> {
  let [passed, failed] = [0, 0];
  for (const step of steps) {
    const startedMs = performance.now();
    try {
      await step.run(world, (line) => print(`     ${line}`));
      passed += 1;
      print(`ok   ${step.name} (${seconds(startedMs)} s)`);
    } catch (error) {
      failed += 1;
      print(`FAIL ${step.name} (${seconds(startedMs)} s)\n     ${shortened(error).join('\n     ')}`);
      print(diagnose(world));
    }
  }
  return { passed, failed };
}

async function main(): Promise<number> {
  const [suite = 'journey'] = positionals;
  const suites: Readonly<Record<string, () => { readonly steps: readonly Step[]; readonly always: number }>> = {
    journey: () => ({ steps: journeySteps, always: 1 }),
    faults: () => ({ steps: faultSteps({ count: Number(values.count), minutes: Number(values.minutes) }), always: 2 }),
    changes: () => ({ steps: changeSteps({ megabytes: Number(values.megabytes), rate: Number(values.rate) }), always: 1 }),
  };
  if (positionals.length > 1 || !(suite in suites)) {
    process.stderr.write(usage);
    return 2;
  }
  const { steps, always } = suites[suite]();
  const chosen = steps.filter((step, index) => values.only === undefined || index < always || values.only.some((text) => step.name.includes(text)));
  if (values.help || values.list) {
    print(values.help ? usage : chosen.map((step) => step.name).join('\n'));
    return 0;
  }
  const useCurrent = process.env.E2E_CLUSTER === 'current';
  const missing = useCurrent ? missingForClients() : missingForOwnCluster();
  if (missing.length > 0) {
    for (const sentence of missing) process.stderr.write(`e2e: ${sentence}\n`);
    print('0 passed, 1 failed');
    return 1;
  }
  const startedMs = performance.now();
  const report = (line: string): void => print(`     ${line} (${seconds(startedMs)} s)`);
  const host = await (useCurrent ? currentContext(report) : ownCluster(report));
  // Ctrl-C in a terminal, or a CI that gives up: the cluster goes with us.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void host.close().finally(() => process.exit(130)));
  try {
    const { passed, failed } = await runSteps(host.world, chosen);
    if (failed > 0 && values.keep) {
      print(`kept until Ctrl-C: kubectl --kubeconfig ${host.world.kubectl.kubeconfig}`);
      await new Promise(() => setInterval(() => {}, 60_000));
    }
    print(`${passed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    await host.close();
  }
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`e2e: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  print('0 passed, 1 failed');
  return 1;
});
