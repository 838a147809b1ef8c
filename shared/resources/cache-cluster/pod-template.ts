import { z } from 'zod';
import { listMap, secretRef, stringMap, text, validations } from '../structural/fields.ts';
import { envRules, envSourceRules, podAnnotationRules, podLabelRules } from './rules.ts';

const keyRef = (what: string) =>
  z.object({
    name: text(253).min(1).describe(`Name of the ${what}.`),
    key: text(253).min(1).describe(`Key in the ${what}.`),
    optional: z.boolean().describe('Start without it when it is missing.').optional(),
  });

const envVar = () =>
  z
    .object({
      name: text(256).min(1).describe('Name of the variable.'),
      value: text(32_768).describe('Its value.').optional(),
      valueFrom: z
        .object({
          secretKeyRef: keyRef('Secret').describe('Value from a Secret of the same namespace.').optional(),
          configMapKeyRef: keyRef('ConfigMap').describe('Value from a ConfigMap of the same namespace.').optional(),
        })
        .meta(validations(envSourceRules))
        .describe('Where the value comes from.')
        .optional(),
    })
    .meta(validations(envRules));

/** An allow-list: never the service account, volumes or anything of the host. */
export const podTemplate = () =>
  z.object({
    labels: stringMap(32, 63, podLabelRules).describe('Labels added to the pods.').optional(),
    annotations: stringMap(32, 4096, podAnnotationRules).describe('Annotations added to the pods.').optional(),
    priorityClassName: text(253).describe('Priority class of the pods.').optional(),
    env: listMap(envVar(), 'name', 64).describe('Environment variables added to the node container.').optional(),
    imagePullSecrets: listMap(secretRef(), 'name', 16).describe('Secrets for pulling the image.').optional(),
    affinity: z
      .record(z.string(), z.unknown())
      .meta({ 'x-kubernetes-preserve-unknown-fields': true })
      .describe('Affinity of the pods, as in a pod; in place of the anti-affinity that is preferred by default.')
      .optional(),
  });
