import { fileURLToPath } from 'node:url';
import { readTextFile } from '../shared/io/files.ts';
import { listenPlainHttp } from '../shared/io/http-server.ts';
import { writeStdoutLine } from '../shared/io/stdout.ts';
import { createLogger, type Logger } from '../shared/log/log.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { systemPorts } from '../shared/ports/system.ts';
import { startClusterController, type CacheClusterController, type ClusterControllerOptions } from './cluster/controller.ts';
import type { ClusterObserver } from './cluster/cluster-observer.ts';
import type { KubePort } from './kube/port.ts';
import { startNamespaceController } from './namespace/controller.ts';
import type { NodeApi } from './node-api/node-api.ts';
import { operatorHelp, parseOperatorOptions, type OperatorOptions } from './options.ts';
import type { EventRecorder } from './runtime/events.ts';
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
  /** Whether primaries leave machines that are cordoned; default: where all namespaces are watched. */
  readonly watchMachines?: boolean;
  /** Whether ServiceMonitors are written where their definition is installed; default: no. */
  readonly watchMonitors?: boolean;
  readonly observer?: RuntimeObserver;
  readonly recorder?: Pick<EventRecorder, 'record'>;
  readonly clusters?: ClusterObserver;
  readonly workers?: number;
  /** Where clients connect when it is not the region's Service (local mode). */
  readonly endpointOf?: ClusterControllerOptions['endpointOf'];
}

/** The controllers over any Kubernetes port, in this process; local mode and the simulator start it as it is. */
export function startController(options: ControllerSettings): CacheClusterController {
  const { port, defaultImage, operatorVersion, authByDefault = true, operatorNamespace, watchMachines = options.namespaces === undefined, ...rest } = options;
  const clusters = startClusterController({ ...rest, watchMachines, kube: port, settings: { defaultImage, operatorVersion, authByDefault, operatorNamespace } });
  const namespaces = startNamespaceController({ ...rest, kube: port, authByDefault });
  return {
    whenSynced: async () => (await Promise.all([clusters.whenSynced(), namespaces.whenSynced()])).every(Boolean),
    stop: async () => void (await Promise.all([clusters.stop(), namespaces.stop()])),
  };
}

/** `meridian operator`: resolves to the exit code, on SIGTERM or SIGINT, or when leadership was lost. Throws USAGE. */
export async function runOperator(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    writeStdoutLine(operatorHelp().trimEnd());
    return 0;
  }
  const version = versionOfPackage();
  const options = parseOperatorOptions(args, env, `ghcr.io/meridiancache/meridian:${version}`);
  const log = createLogger({ clock: systemPorts.clock, write: writeStdoutLine, level: options.logLevel, fields: { pod: options.podName } });
  return await operate(options, env, version, log, systemPorts);
}

function versionOfPackage(): string {
  const text = readTextFile(fileURLToPath(new URL('../package.json', import.meta.url)));
  return text === undefined ? '0.0.0' : (JSON.parse(text) as { readonly version: string }).version;
}

/** How long a shutdown may take: below the grace of the chart's pods. */
const shutdownMs = 25_000;

async function operate(options: OperatorOptions, env: Readonly<Record<string, string | undefined>>, version: string, log: Logger, ports: Ports): Promise<number> {
  // Local mode starts the controller from this file too and must not pay for what it does not use.
  const [{ connectOperator }, { createOperatorMetrics }, { createClusterMetrics }, { shutDown }, { answerProbe }, { createNodeApi }] = await Promise.all([
    import('./connect.ts'),
    import('./runtime/prometheus.ts'),
    import('./cluster/cluster-metrics.ts'),
    import('./runtime/shutdown.ts'),
    import('./probes.ts'),
    import('./node-api/admin-port.ts'),
  ]);
  const metrics = createOperatorMetrics();
  const { observer } = metrics;
  const clusters = createClusterMetrics(metrics.registry);
  const namespaces = options.watchNamespaces.length > 0 ? options.watchNamespaces : undefined;
  let ended: (code: number) => void = () => {};
  const end = new Promise<number>((resolve) => (ended = resolve));
  let controller: CacheClusterController | undefined;

  const connection = await connectOperator({ options, env, log, ports, observer, onElected: () => lead(), onLost: () => ended(1) });
  if (options.releaseFinalizers) {
    const { releaseFinalizers, takeDown } = await import('./release.ts');
    if (options.releaseDeployment !== undefined && !(await takeDown(connection.kube, ports.timers, connection.namespace, options.releaseDeployment))) log.warn('the operator is still there and may put finalizers on again', { deployment: options.releaseDeployment });
    log.info('finalizers are off', { objects: await releaseFinalizers(connection.kube, namespaces) });
    await connection.close();
    return 0;
  }
  const nodeApi = createNodeApi({ ports, caller: options.podName });
  const lead = (): void => {
    const { kube, recorder, namespace } = connection;
    controller = startController({ port: kube, nodeApi, ports, log, observer, recorder, clusters, namespaces, watchMonitors: true, workers: options.workers, defaultImage: options.defaultImage, operatorVersion: version, operatorNamespace: namespace });
  };
  const server = await listenPlainHttp(options.metricsHost, options.metricsPort, (request) => answerProbe(request, metrics, { started: true, notReady: connection.notReady() }));
  log.info('started', { version, metricsPort: server.port, namespaces: namespaces ?? 'all' });
  connection.start();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ended(0));
  const code = await end;
  const steps = [
    { name: 'controller', run: () => controller?.stop() },
    { name: 'connection', run: () => connection.close() },
    { name: 'probes', run: () => server.close() },
  ];
  const through = await shutDown(steps, shutdownMs, { ports, log });
  log.info('ended', { code });
  return through ? code : 1;
}
