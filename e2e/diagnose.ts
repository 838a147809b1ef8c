import type { Pod } from './cluster/objects.ts';
import { releaseNamespace } from './world.ts';
import type { World } from './world.ts';

const logLines = 25;

/** What a person would ask first after a failure. */
export function diagnose({ kubectl }: World): string {
  const notWell = kubectl.list<Pod>('pods').filter((pod) => !pod.status.containerStatuses?.every(({ ready }) => ready));
  const questions: readonly (readonly string[])[] = [
    ['get', 'cacheclusters', '--all-namespaces', '-o', 'custom-columns=NAME:.metadata.name,PHASE:.status.phase,CONDITIONS:.status.conditions[*].message'],
    ['get', 'pods', '--all-namespaces', '-o', 'wide'],
    ['get', 'events', '--all-namespaces', '--field-selector=type=Warning', '--sort-by=.lastTimestamp'],
    ['logs', '--namespace', releaseNamespace, '--selector=app.kubernetes.io/name=meridian-operator', `--tail=${logLines}`, '--prefix'],
    ...notWell.slice(0, 3).flatMap(({ metadata }) => [
      ['logs', '--namespace', metadata.namespace, metadata.name, `--tail=${logLines}`],
      ['logs', '--namespace', metadata.namespace, metadata.name, '--previous', `--tail=${logLines}`],
    ]),
  ];
  return questions.map((args) => `     $ kubectl ${args.join(' ')}\n${kubectl.tried(...args).output.split('\n').slice(-40).map((line) => `       ${line.slice(0, 400)}`).join('\n')}`).join('\n');
}
