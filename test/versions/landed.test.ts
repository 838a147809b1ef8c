import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { silentLogger } from '../../shared/log/log.ts';
import type * as operatorOfThis from '../../operator/main.ts';
import type { KubeObject } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { startController } from '../../operator/main.ts';
import { driveCluster } from '../operator/cluster-driver.ts';
import { startInProcess, type InProcess } from '../operator/in-process.ts';
import { settings } from '../operator/world.ts';
import { makeNextBuild, type NextBuild } from './next-build.ts';

/**
 * Upgrading the operator alone restarts no pod: a cluster whose objects an earlier version wrote (`landed/`, kept as files) is taken over by this one,
 * by a synthetic N+1, and by this one again. With every version that lands a folder is added and none is changed.
 */
const typeOf = new Map(Object.values(resourceTypes).map((type) => [type.kind, type]));
/** Minutes of virtual time take seconds of a busy machine's. */
const patienceMs = 240_000;
const writtenUid = '00000000-0000-4000-8000-000000000001';

let next: NextBuild;
let world: InProcess;
beforeAll(() => {
  next = makeNextBuild();
});
afterAll(() => next.remove());
beforeEach(() => {
  world = startInProcess();
});
afterEach(() => world.stop());

/** Puts the objects of a file into the world, as children of the cluster that is made there. */
async function restore(file: string): Promise<void> {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  const objects = (uid: string): KubeObject[] => parseAllDocuments(text.replaceAll(writtenUid, uid)).map((document) => document.toJS() as KubeObject);
  const [{ metadata: { uid: _uid, ...metadata }, ...cluster }] = objects(writtenUid);
  const made = await world.kube.create(resourceTypes.cacheCluster, { ...cluster, metadata });
  await world.kube.patch(resourceTypes.cacheCluster, 'apps', 'demo', { status: cluster.status }, { subresource: 'status' });
  for (const object of objects(made.metadata.uid ?? '').slice(1)) {
    const type = typeOf.get(object.kind);
    if (type === undefined) throw new Error(`no type for ${object.kind}`);
    await world.kube.create(type, object);
  }
  await world.ports.advance(20_000);
}

const podsOf = async (): Promise<readonly string[]> => (await world.kube.list(resourceTypes.pod, { namespace: 'apps' })).items.map(({ metadata }) => `${metadata.name} ${metadata.uid}`).toSorted();
const templatesOf = async (): Promise<unknown> => (await world.kube.list(resourceTypes.statefulSet, { namespace: 'apps' })).items.map(({ metadata, spec }) => [metadata.name, metadata.uid, spec]);
const reasonsOf = async (): Promise<unknown> => Promise.all(['Ready', 'Stalled', 'RollingOut', 'Resharding'].map(async (type) => (await driveCluster(world.kube, 'apps').condition(type))?.reason));

async function lead(start: typeof startController, operatorVersion: string): Promise<void> {
  const operator = start({ ...settings, operatorVersion, defaultImage: `registry.example/meridian:${operatorVersion}`, port: world.kube, nodeApi: world.nodes.nodeApi, ports: world.ports, log: silentLogger });
  await world.ports.advance(130_000);
  await operator.stop();
}

describe.each(['plain', 'full'])('a cluster that version 0.1.0 has made (%s)', (name) => {
  it('keeps every pod and every template when this operator, N+1 and this one again take it over', async () => {
    await restore(`landed/0.1.0/${name}.yaml`);
    const [pods, templates] = [await podsOf(), await templatesOf()];
    expect(pods.length).toBeGreaterThan(1);
    const { startController: startNext } = (await import(/* @vite-ignore */ pathToFileURL(`${next.folder}/operator/main.ts`).href)) as typeof operatorOfThis;
    for (const [start, version] of [[startController, '0.1.0'], [startNext, '0.2.0'], [startController, '0.1.0']] as const) {
      await lead(start, version);
      expect(await podsOf()).toEqual(pods);
      expect(await templatesOf()).toEqual(templates);
      expect(await reasonsOf()).toEqual(['Serving', 'NotStalled', 'UpToDate', 'UpToDate']);
    }
    const config = await world.kube.get(resourceTypes.configMap, 'apps', 'demo-east-config');
    expect(config?.data?.['node.json']).not.toContain('next');
  }, patienceMs);
});

it('is rolled when the spec names the new image, and only then', async () => {
  // The second copy that each shard gets for as long fills itself.
  world.nodes.joining.add('apps');
  await restore('landed/0.1.0/plain.yaml');
  const before = new Set(await podsOf());
  await driveCluster(world.kube, 'apps').edit({ image: 'registry.example/meridian:0.2.0' });
  await lead(startController, '0.1.0');
  for (let round = 0; round < 20 && (await podsOf()).some((pod) => before.has(pod)); round += 1) await lead(startController, '0.1.0');
  expect((await podsOf()).filter((pod) => before.has(pod))).toEqual([]);
}, patienceMs);
