import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../world.ts';
import { firstRegions, journey } from './manifests.ts';
import type { Step } from './step.ts';

export const statusCommand: Step = {
  name: 'meridian status shows regions and shards, and the HTTP API answers through the Service',
  run: async ({ kubectl }) => {
    const done = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(repositoryRoot, 'cli', 'main.ts'), 'status', journey, '--namespace', 'default', '--kubeconfig', kubectl.kubeconfig], { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`meridian status ended with ${done.status}: ${done.stderr}`);
    for (const region of firstRegions) if (!done.stdout.includes(region)) throw new Error(`meridian status does not show ${region}:\n${done.stdout}`);
    const health = JSON.parse(kubectl.run('get', '--raw', `/api/v1/namespaces/default/services/${journey}-${firstRegions[0]}:http/proxy/health`)) as { status?: string };
    if (health.status !== 'healthy') throw new Error(`GET /health says ${JSON.stringify(health)}`);
  },
};
