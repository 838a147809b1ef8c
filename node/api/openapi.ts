import { z } from 'zod';
import { callTable, type CallSpec } from './calls/table.ts';
import { errorAnswer, healthAnswer } from './schemas.ts';

const json = 'application/json';
const bytes = 'application/octet-stream';

type JsonObject = Readonly<Record<string, unknown>>;

const shapeOf = (schema: z.ZodType, io: 'input' | 'output'): JsonObject => {
  const { $schema: _draft, ...shape } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return shape;
};

/** The OpenAPI document of the HTTP API, from the schemas that check it. */
export function openApiDocument(version: string): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const spec of callTable) (paths[spec.path] ??= {})[spec.methods[0].toLowerCase()] = operationOf(spec);
  paths['/health'] = { get: { operationId: 'health', summary: 'Whether this node serves', security: [], responses: { 200: answerOf('It serves', healthAnswer), 503: answerOf('It does not, and why', healthAnswer) } } };
  return {
    openapi: '3.1.0',
    info: { title: 'Meridian HTTP API', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    security: [{ token: [] }, {}],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } }, schemas: { Error: shapeOf(errorAnswer, 'output') } },
    paths,
  };
}

function operationOf(spec: CallSpec): JsonObject {
  const inPath = [...spec.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  return {
    operationId: spec.name,
    summary: spec.summary,
    parameters: [...inPath, ...queryOf(spec.query)],
    ...(spec.body === undefined ? {} : { requestBody: { required: true, content: { [json]: { schema: shapeOf(spec.body, 'input') }, ...(spec.bytes === true ? { [bytes]: { schema: {} } } : {}) } } }),
    responses: Object.fromEntries(Object.entries(spec.answers).map(([status, { schema, summary }]) => [status, status === '304' ? { description: summary } : answerOf(summary, schema)])),
  };
}

function queryOf(query: z.ZodType): readonly JsonObject[] {
  const { properties } = shapeOf(query, 'input') as { readonly properties?: JsonObject };
  return Object.entries(properties ?? {}).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}

const answerOf = (description: string, schema: z.ZodType): JsonObject => ({ description, headers: { 'X-Trace-Id': { schema: { type: 'string' } } }, content: { [json]: { schema: shapeOf(schema, 'output') } } });
