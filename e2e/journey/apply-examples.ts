import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { drive, podsOf, repositoryRoot, untilClusterReady } from '../world.ts';
import { keysOfAllSlots } from './manifests.ts';
import type { Step } from './step.ts';

const examples = join(repositoryRoot, 'examples');

export const admitExamples: Step = {
  name: 'the API server admits every example',
  run: async ({ kubectl }) => {
    for (const file of readdirSync(examples).filter((name) => name.endsWith('.yaml'))) {
      for (const [, namespace] of readFileSync(join(examples, file), 'utf8').matchAll(/^ {2}namespace: (\S+)/gm)) kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
      const { code, output } = kubectl.tried('apply', '--server-side', '--dry-run=server', `--filename=${join(examples, file)}`);
      if (code !== 0) throw new Error(`${file}: ${output}`);
    }
  },
};

export const runQuickstart: Step = {
  name: 'the quickstart becomes Ready in three regions, serves, and goes',
  run: async (world) => {
    world.kubectl.apply(readFileSync(join(examples, 'quickstart.yaml'), 'utf8'));
    const cluster = await untilClusterReady(world, 'quickstart');
    if (podsOf(world, 'quickstart').length !== 9) throw new Error(`${podsOf(world, 'quickstart').length} pods instead of nine`);
    for (const { name: region } of cluster.spec.regions) await drive(world, 'ioredis', { cluster: 'quickstart', region, keys: keysOfAllSlots, value: 'first ', write: true });
    world.kubectl.run('delete', 'cc', 'quickstart', '--namespace=default', '--timeout=120s');
  },
};
