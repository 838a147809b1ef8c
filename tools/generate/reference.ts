import { type CustomResource, customResources } from '../../shared/resources/registry.ts';
import type { CelRule, StructuralSchema } from '../../shared/resources/structural/schema.ts';
import type { GeneratedFile } from './files.ts';
import { cell } from './markdown.ts';

/** docs/reference/<kind>.md: every field with type, default and rules. */
export const referenceFiles = (): readonly GeneratedFile[] =>
  customResources.map((resource) => ({ path: `docs/reference/${resource.singular}.md`, content: pageOf(resource) }));

function pageOf(resource: CustomResource): string {
  const schema = resource.schema();
  const { spec, status } = schema.properties ?? {};
  return [
    `<!-- Generated from shared/resources by \`npm run generate\`; do not edit. -->`,
    `# ${resource.kind}`,
    '',
    schema.description ?? '',
    '',
    ...namesOf(resource),
    '',
    '## Rules for the whole object',
    '',
    ...[...rulesOf(schema), ...rulesOf(spec)].map(({ fieldPath, message }) => `- \`${(fieldPath ?? '').replace(/^\./, '') || 'spec'}\`: ${cell(message)}`),
    '',
    '## spec',
    '',
    ...tableOf(spec, 'spec', true),
    '',
    '## status',
    '',
    ...tableOf(status, 'status', false),
    '',
    '## Columns of `kubectl get`',
    '',
    '| column | what it says |',
    '|---|---|',
    ...resource.columns.map(({ name, description, priority = 0 }) => `| ${name}${priority > 0 ? ' (`-o wide`)' : ''} | ${cell(description ?? '')} |`),
    '',
  ].join('\n');
}

function namesOf({ group, version, plural, shortNames, categories, scale }: CustomResource): readonly string[] {
  return [
    `- apiVersion: \`${group}/${version}\`, namespaced`,
    `- names for kubectl: \`${plural}\`, ${shortNames.map((name) => `\`${name}\``).join(', ')}; category ${categories.map((name) => `\`${name}\``).join(', ')}`,
    ...(scale === undefined ? [] : [`- \`kubectl scale\` sets \`${scale.specReplicasPath.slice(1)}\``]),
  ];
}

const rulesOf = (schema: StructuralSchema | undefined): readonly CelRule[] => schema?.['x-kubernetes-validations'] ?? [];

function tableOf(schema: StructuralSchema | undefined, path: string, withDefaults: boolean): readonly string[] {
  const head = withDefaults ? ['| field | type | default | what it says |', '|---|---|---|---|'] : ['| field | type | what it says |', '|---|---|---|'];
  return [...head, ...rowsOf(schema ?? {}, path, withDefaults)];
}

function rowsOf(schema: StructuralSchema, path: string, withDefaults: boolean): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const place = `${path}.${name}`;
    const required = schema.required?.includes(name) === true;
    const cells = [`\`${place}\``, typeOf(field), ...(withDefaults ? [defaultOf(field, required)] : []), meaningOf(field)];
    const inner = field.items ?? field;
    return [`| ${cells.join(' | ')} |`, ...rowsOf(inner, field.items === undefined ? place : `${place}[]`, withDefaults)];
  });
}

function typeOf(schema: StructuralSchema): string {
  if (schema['x-kubernetes-int-or-string'] === true) return 'quantity';
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(' ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  if (schema.additionalProperties !== undefined) return `map of ${typeOf(schema.additionalProperties)}`;
  return schema.type ?? 'any';
}

function defaultOf(schema: StructuralSchema, required: boolean): string {
  if (required) return '**required**';
  return schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``;
}

/** Rules of objects are about their fields; those of the spec stand at the head of the page. */
function meaningOf(schema: StructuralSchema): string {
  const sentences = [schema.description ?? '', boundsOf(schema), ...rulesOf(schema).map(ruleSentence), ...rulesOf(schema.items).map(ruleSentence)];
  return cell(sentences.filter((sentence) => sentence !== '').join(' '));
}

const ruleSentence = ({ message }: CelRule): string => `Rule: ${message}.`;

function boundsOf({ minimum, maximum, minItems, maxItems, maxLength, maxProperties }: StructuralSchema): string {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}.`;
  if (minimum !== undefined) return `At least ${minimum}.`;
  if (maxItems !== undefined) return `${minItems === undefined ? 'At most' : `${minItems} to`} ${maxItems} items.`;
  if (maxProperties !== undefined) return `At most ${maxProperties} entries.`;
  return maxLength === undefined ? '' : `At most ${maxLength} characters.`;
}
