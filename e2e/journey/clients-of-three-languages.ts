import { languages } from '../clients/languages.ts';
import { drive, podsOf, untilClusterReady } from '../world.ts';
import { firstRegions, journey, journeyCluster, keysOfAllSlots } from './manifests.ts';
import type { Step } from './step.ts';

export const applyCluster: Step = {
  name: 'a cluster of two regions becomes Ready, and kubectl wait says so',
  run: async (world) => {
    world.kubectl.apply([journeyCluster(firstRegions)]);
    world.kubectl.run('wait', `cc/${journey}`, '--namespace=default', '--for=condition=Ready', '--timeout=240s');
    await untilClusterReady(world, journey);
    const misplaced = podsOf(world, journey, 'eu-west-1').filter((pod) => {
      const node = world.kubectl.get('node', pod.spec.nodeName ?? '');
      return node?.metadata.labels?.['topology.kubernetes.io/region'] !== 'eu-west-1';
    });
    if (misplaced.length > 0) throw new Error(`pods of eu-west-1 run elsewhere: ${misplaced.map((pod) => pod.metadata.name).join(', ')}`);
  },
};

export const threeLanguages: Step = {
  name: 'clients of three languages write and read keys of all slot ranges in every region',
  run: async (world) => {
    for (const region of firstRegions) for (const language of languages) await drive(world, language, { cluster: journey, region, keys: keysOfAllSlots, value: `${language} `, write: true });
    // What one wrote the others read.
    for (const language of languages) await drive(world, language, { cluster: journey, region: firstRegions[0], keys: keysOfAllSlots, value: `${languages.at(-1)} `, write: false });
  },
};
