import type { Logger } from '../shared/log/log.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { startClusterController, type CacheClusterController, type ClusterControllerOptions } from './cluster/controller.ts';
import type { KubePort } from './kube/port.ts';
import type { NodeApi } from './node-api/node-api.ts';
import type { RuntimeObserver } from './runtime/observer.ts';

export interface ControllerSettings {
  readonly port: KubePort;
  readonly nodeApi: NodeApi;
  readonly ports: Ports;
  readonly log: Logger;
  /** Image of nodes whose cluster names neither image nor version. */
  readonly defaultImage: string;
  readonly operatorVersion: string;
  /** Whether clients must authenticate where a spec does not say; default true, false in local mode. */
  readonly authByDefault?: boolean;
  /** Where the operator's pods run, for NetworkPolicies; absent in local mode. */
  readonly operatorNamespace?: string;
  /** Only these namespaces; absent: all. */
  readonly namespaces?: readonly string[];
  readonly observer?: RuntimeObserver;
  /** Where clients connect when it is not the region's Service (local mode). */
  readonly endpointOf?: ClusterControllerOptions['endpointOf'];
}

/** The controller over any Kubernetes port, in this process; local mode and the simulator start it as it is. */
export function startController(options: ControllerSettings): CacheClusterController {
  const { port, defaultImage, operatorVersion, authByDefault = true, operatorNamespace, ...rest } = options;
  return startClusterController({ ...rest, kube: port, settings: { defaultImage, operatorVersion, authByDefault, operatorNamespace } });
}
