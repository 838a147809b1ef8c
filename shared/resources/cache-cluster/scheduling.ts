import { z } from 'zod';
import { atomicList, int32, quantity, stringMap, text, validations } from '../structural/fields.ts';
import { cidrRules, networkPeerRules } from './rules.ts';

export const labelSelector = () =>
  z.object({
    matchLabels: stringMap(32, 63).describe('Labels that must all be there with these values.').optional(),
    matchExpressions: atomicList(
      z.object({
        key: text(317).describe('Label key.'),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).describe('How the key is compared with the values.'),
        values: atomicList(text(63), 32).describe('Values for In and NotIn.').optional(),
      }),
      32,
    )
      .describe('Requirements that must all hold.')
      .optional(),
  });

export const tolerations = () =>
  atomicList(
    z.object({
      key: text(317).describe('Taint key; absent with operator Exists: every taint.').optional(),
      operator: z.enum(['Exists', 'Equal', 'Lt', 'Gt']).describe('How the taint value is compared.').optional(),
      value: text(63).describe('Taint value for Equal, Lt and Gt.').optional(),
      effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).describe('Effect that is tolerated; absent: all.').optional(),
      tolerationSeconds: z.int().meta({ format: 'int64' }).describe('With NoExecute: for how long; absent: for ever.').optional(),
    }),
    32,
  );

export const topologySpreadConstraints = () =>
  atomicList(
    z.object({
      maxSkew: int32(1, 1000).describe('How far the numbers of pods of two domains may be apart.'),
      topologyKey: text(317).describe('Node label that names the domain.'),
      whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']).describe('What to do with a pod that does not fit.'),
      labelSelector: labelSelector().describe('Pods that are counted; absent: the pods of the region.').optional(),
      matchLabelKeys: atomicList(text(317), 16).describe('Pod label keys whose values are added to the selector.').optional(),
      minDomains: int32(1, 1000).describe('Least number of domains, with DoNotSchedule.').optional(),
      nodeAffinityPolicy: z.enum(['Honor', 'Ignore']).describe('Whether node affinity limits the domains.').optional(),
      nodeTaintsPolicy: z.enum(['Honor', 'Ignore']).describe('Whether taints limit the domains.').optional(),
    }),
    16,
  );

export const resources = () =>
  z.object({
    requests: z
      .object({
        cpu: quantity().describe('CPU request of a node container, such as 500m.').optional(),
        memory: quantity().describe('Memory request; absent: the derived limit.').optional(),
      })
      .describe('What the scheduler sets aside for a pod.')
      .optional(),
    limits: z
      .object({ cpu: quantity().describe('CPU limit of a node container; absent: none.').optional() })
      .describe('Limits; the memory limit is derived from spec.memory.')
      .optional(),
  });

const cidr = () => z.string().max(43).meta(validations(cidrRules));

export const networkPeers = () =>
  atomicList(
    z
      .object({
        podSelector: labelSelector().describe('Pods by label, in the namespace of this object unless namespaceSelector is set.').optional(),
        namespaceSelector: labelSelector().describe('Namespaces by label.').optional(),
        ipBlock: z
          .object({
            cidr: cidr().describe('Range of addresses that may connect.'),
            except: atomicList(cidr(), 32).describe('Ranges within it that may not.').optional(),
          })
          .describe('Clients by address.')
          .optional(),
      })
      .meta(validations(networkPeerRules)),
    32,
  );
