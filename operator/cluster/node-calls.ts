import { labels } from '../../shared/kube/names.ts';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { NodeCalls } from '../actions/execute.ts';
import type { KubeObject } from '../kube/port.ts';
import type { NodeApi, NodeTarget } from '../node-api/node-api.ts';

/** A pod as a node that can be asked. */
export function nodeTargetOf(pod: KubeObject, busKey: string): NodeTarget {
  const { uid = '', name, namespace = '', labels: own } = pod.metadata;
  return { namespace, pod: name, podUid: uid, host: String(pod.status?.podIP), clusterUid: own?.[labels.clusterUid] ?? '', busKey };
}

/** What a pass asks of nodes; a node that does not answer is logged, and met again in the next observation. */
export function nodeCalls(nodeApi: NodeApi, busKey: string | undefined, log: Logger): NodeCalls {
  const ask = async (what: string, pod: KubeObject, question: (target: NodeTarget) => Promise<unknown>): Promise<void> => {
    if (busKey === undefined) return;
    try {
      const answer = await question(nodeTargetOf(pod, busKey));
      log.info(what, { pod: pod.metadata.name, answer });
    } catch (error) {
      // A node that starts, stops or is away is nothing to trace.
      log.warn(`${what} failed`, { pod: pod.metadata.name, ...(error instanceof MeridianError ? { code: error.code, reason: error.message } : { error }) });
    }
  };
  return {
    switchover: (pod, to) => ask('switchover', pod, (target) => nodeApi.switchover(target, to)),
    retarget: (pod) => ask('retarget', pod, (target) => nodeApi.targetsChanged(target)),
    hibernate: (pod, on) => ask('hibernate', pod, (target) => nodeApi.hibernate(target, on)),
    configure: (pod, config) => ask('configure', pod, (target) => nodeApi.applyConfig(target, config)),
  };
}
