import { startLocalKube, type LocalKube } from '../../local/kube/local-kube.ts';
import { silentLogger } from '../../shared/log/log.ts';
import type { CacheClusterController } from '../../operator/cluster/controller.ts';
import type { KubeObject, KubePort } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { startController } from '../../operator/main.ts';
import type { NodeApi } from '../../operator/node-api/node-api.ts';
import { manualPorts, type ManualPorts } from '../runtime/manual-ports.ts';
import { startStandInNodes, type StandInNodes } from './stand-in-nodes.ts';
import { settings } from './world.ts';

export interface InProcess {
  readonly ports: ManualPorts;
  readonly local: LocalKube;
  readonly kube: KubePort;
  readonly nodes: StandInNodes;
  /** A controller as a process of its own would have it. */
  operator(port?: KubePort, nodeApi?: NodeApi): CacheClusterController;
  /** Everything that is stored of the types that the operator knows, by kind and name. */
  stored(): Promise<Map<string, KubeObject>>;
  stop(): Promise<void>;
}

/** The in-process Kubernetes under manual time, with stand-in nodes: a whole journey in a few milliseconds, always the same. */
export function startInProcess(): InProcess {
  const ports = manualPorts();
  const local = startLocalKube({ ports });
  const kube = local.port;
  const nodes = startStandInNodes(kube, ports);
  return {
    ports,
    local,
    kube,
    nodes,
    operator: (port = kube, nodeApi = nodes.nodeApi) => startController({ ...settings, port, nodeApi, ports, log: silentLogger }),
    async stored() {
      const objects = new Map<string, KubeObject>();
      for (const type of Object.values(resourceTypes)) {
        if (['Namespace', 'Node', 'Event', 'ServiceMonitor'].includes(type.kind)) continue;
        for (const object of (await kube.list(type, { namespace: 'apps' })).items) objects.set(`${type.kind}/${object.metadata.name}`, object);
      }
      return objects;
    },
    async stop() {
      nodes.stop();
      await local.stop();
    },
  };
}

/** What must be the same whichever way a state was reached: without identities, times, versions and what is random. */
export function essence(objects: ReadonlyMap<string, KubeObject>): Record<string, unknown> {
  return Object.fromEntries([...objects].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, object]) => [id, essential(object)]));
}

const incidental: ReadonlySet<string> = new Set(['uid', 'resourceVersion', 'creationTimestamp', 'managedFields', 'lastTransitionTime', 'generation', 'observedGeneration', 'clusterIP', 'clusterIPs', 'revision', 'currentRevision', 'updateRevision', 'controller-revision-hash', 'volumeName', 'startTime', 'keys', 'memoryUsed', 'meridiancache.io/cluster-uid', 'meridiancache.io/applied-hash', 'meridiancache.io/template-hash', 'meridiancache.io/config']);

function essential(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => essential(item));
  if (typeof value !== 'object' || value === null) return key === 'node.json' ? String(value).replace(/"clusterUid":"[^"]*"/, '') : value;
  const entries = Object.entries(value).filter(([name]) => !incidental.has(name) && !((value as KubeObject).kind === 'PodDisruptionBudget' && name === 'status'));
  const { kind } = value as KubeObject;
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, kind === 'Secret' && name === 'data' ? Object.keys(field as object) : essential(field, name)]));
}
