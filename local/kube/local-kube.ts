import type { KubePort } from '../../operator/kube/port.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { admit } from '../../shared/resources/admission.ts';
import { type CustomResource, customResources } from '../../shared/resources/registry.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { type Api, createApi } from './api/api.ts';
import type { ApiContext } from './api/context.ts';
import { startClaimController } from './controllers/claims.ts';
import { startDisruptionController } from './controllers/disruption.ts';
import { startGarbageCollector } from './controllers/garbage-collector.ts';
import { startNamespaceController } from './controllers/namespaces.ts';
import { startStatefulSetController } from './controllers/stateful-set.ts';
import { createCatalogue } from './kinds/catalogue.ts';
import { type KubeletOptions, startKubelet } from './pods/kubelet.ts';
import { createLocalPort } from './port.ts';
import { createStore } from './storage/store.ts';

export interface LocalKubeOptions {
  readonly ports: Ports;
  /** Absent: pods are stored and nobody runs them, as on an API server without nodes. */
  readonly kubelet?: KubeletOptions;
  /** What happens to an object whose namespace is not there; default: the namespace is made. */
  readonly namespaces?: ApiContext['namespaces'];
  readonly admit?: typeof admit;
  readonly customResources?: readonly CustomResource[];
  /** How many changes a watch may lag behind. */
  readonly historyLength?: number;
}

export interface LocalKube {
  readonly port: KubePort;
  readonly api: Api;
  /** Forgets the history of changes: watches from older versions get 410. */
  compact(): void;
  /** Stops the controllers and ends every container; settled when none runs any more. */
  stop(graceSeconds?: number): Promise<void>;
}

/** A Kubernetes in this process: API server, controllers, and a kubelet if there is something to run pods with. */
export function startLocalKube(options: LocalKubeOptions): LocalKube {
  const context: ApiContext = {
    ports: options.ports,
    store: createStore({ historyLength: options.historyLength }),
    catalogue: createCatalogue(options.customResources ?? customResources),
    admit: options.admit ?? admit,
    namespaces: options.namespaces ?? 'made-on-use',
    podLog: (pod) => options.kubelet?.runtime.log?.(pod),
  };
  const api = createApi(context);
  for (const name of ['default', 'kube-system']) api.create(resourceTypes.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { manager: 'kube-apiserver' });
  const controllers = [startNamespaceController(api), startGarbageCollector(api), startStatefulSetController(api), startDisruptionController(api), startClaimController(api)];
  const kubelet = options.kubelet ? startKubelet(api, options.kubelet) : undefined;
  return {
    port: createLocalPort(api),
    api,
    compact: () => context.store.compact(),
    async stop(graceSeconds = 0) {
      for (const controller of controllers) controller.stop();
      await kubelet?.stop(graceSeconds);
    },
  };
}
