import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLogger, silentLogger } from '../../shared/log/log.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import type { RequestRecord } from '../../operator/kube/client.ts';
import { startController } from '../../operator/main.ts';
import { driveCluster, eventually } from './cluster-driver.ts';
import { startRealApi, type RealApi } from './real-api.ts';
import { startStandInNodes, type StandInNodes } from './stand-in-nodes.ts';
import { settings } from './world.ts';

let api: RealApi;
let nodes: StandInNodes;
const requests: RequestRecord[] = [];
let stop: () => Promise<void>;
beforeAll(async () => {
  api = await startRealApi();
  await api.makeNamespace('apps');
  nodes = startStandInNodes(api.kube, systemPorts);
  const port = await api.connect(api.plane.kubeconfig, (request) => requests.push(request));
  const log = process.env.SHOW_LOG ? createLogger({ clock: systemPorts.clock, write: (line) => process.stderr.write(`${line}\n`), level: 'debug' }) : silentLogger;
  const controller = startController({ ...settings, port, nodeApi: nodes.nodeApi, ports: systemPorts, log });
  stop = () => controller.stop();
  await controller.whenSynced();
}, 900_000);
afterAll(async () => {
  await stop();
  nodes.stop();
  await api.stop();
});

const writes = (): string[] => requests.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb)).map(({ verb, resource, code }) => `${verb} ${resource} ${code}`);

it('makes a cluster and then writes nothing more', async () => {
  const cluster = driveCluster(api.kube, 'apps');
  await cluster.create({ shards: 2, replicas: 1, regions: [{ name: 'east' }, { name: 'west', replicas: 0, resources: { requests: { cpu: '0.5' } } }], storage: { size: '1024Mi' } });
  await cluster.until('Ready');
  await cluster.until('Reconciling', 'False');
  const before = writes().length;
  await cluster.edit({}, { annotations: { touched: 'yes' } });
  await eventually(async () => (await cluster.get()).metadata.annotations?.touched === 'yes' ? true : 'touched');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(writes().slice(before)).toEqual([]);
  expect(writes().filter((write) => !/ 20[01]$/.test(write))).toEqual([]);
});
