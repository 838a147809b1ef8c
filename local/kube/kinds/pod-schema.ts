import { atomic, listMap, struct } from '../apply/merge-schema.ts';

const tcp = { protocol: 'TCP' };
const conditions = listMap(['type']);

const container = struct({
  env: listMap(['name'], struct({ valueFrom: struct({ configMapKeyRef: atomic, secretKeyRef: atomic, fieldRef: atomic, resourceFieldRef: atomic }) })),
  ports: listMap(['containerPort', 'protocol'], {}, tcp),
  volumeMounts: listMap(['mountPath']),
  volumeDevices: listMap(['devicePath']),
});

/** Merging of a pod's spec, alone or in a template. */
const podSpecSchema = struct({
  containers: listMap(['name'], container),
  initContainers: listMap(['name'], container),
  ephemeralContainers: listMap(['name'], container),
  volumes: listMap(['name']),
  imagePullSecrets: listMap(['name'], atomic),
  hostAliases: listMap(['ip']),
  topologySpreadConstraints: listMap(['topologyKey', 'whenUnsatisfiable'], struct({ labelSelector: atomic })),
  schedulingGates: listMap(['name']),
  nodeSelector: atomic,
});

export const podSchema = struct({ spec: podSpecSchema, status: struct({ conditions, podIPs: listMap(['ip']) }) });

export const statefulSetSchema = struct({ spec: struct({ selector: atomic, template: struct({ spec: podSpecSchema }) }), status: struct({ conditions }) });

export const serviceSchema = struct({
  spec: struct({ ports: listMap(['port', 'protocol'], {}, tcp), selector: atomic }),
  status: struct({ conditions }),
});

export const conditionsOnly = struct({ spec: struct({ selector: atomic, podSelector: atomic }), status: struct({ conditions }) });
