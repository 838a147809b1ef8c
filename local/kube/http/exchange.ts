import type { BodyRequest, Responder } from '../../../shared/io/http-body-server.ts';
import { parse as parseYaml } from 'yaml';
import { KubeError } from '../../../operator/kube/port.ts';
import { isObject } from '../../../shared/resources/admission/json.ts';
import type { WriteRequest } from '../api/context.ts';
import { badRequest } from '../api/errors.ts';
import { decodeProtobuf } from './protobuf.ts';

/** How the client wants objects: as they are, as a Table, or their metadata only. */
export type Shape = 'object' | 'table' | 'partial';

/** One request, read, and what has to go into its answer. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly shape: Shape;
  readonly accept: string;
  readonly contentType: string;
  readonly userAgent: string;
  readonly body: Buffer;
  readonly warnings: string[];
  readonly responder: Responder;
}

export function exchangeOf({ method, target, headers, body }: BodyRequest, responder: Responder): Exchange {
  const mark = target.indexOf('?');
  const accept = textOf(headers.accept);
  return {
    method,
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    shape: shapeOf(accept),
    accept,
    contentType: textOf(headers['content-type']).split(';')[0].trim(),
    userAgent: textOf(headers['user-agent']),
    body,
    warnings: [],
    responder,
  };
}

const textOf = (header: string | string[] | undefined): string => (Array.isArray(header) ? header.join(',') : (header ?? ''));

/** The first media type that we can make. */
function shapeOf(accept: string): Shape {
  for (const type of accept.split(',')) {
    if (/;\s*as=Table/.test(type)) return 'table';
    if (/;\s*as=PartialObjectMetadata/.test(type)) return 'partial';
    if (/^\s*(application\/json|\*\/\*)/.test(type)) return 'object';
  }
  return 'object';
}

export function sendJson({ responder, warnings }: Exchange, status: number, value: unknown, contentType = 'application/json'): void {
  const warning = warnings.map((sentence) => `299 - ${JSON.stringify(sentence)}`).join(', ');
  responder.send(status, { 'content-type': contentType, 'cache-control': 'no-cache, private', ...(warning === '' ? {} : { warning }) }, `${JSON.stringify(value)}\n`);
}

/** 400 for a body that is not JSON (or, where allowed, YAML); 415 for one in another format. */
export function readBody({ body, contentType }: Exchange, yaml = false): unknown {
  if (contentType === 'application/vnd.kubernetes.protobuf') {
    const decoded = decodeProtobuf(body);
    if (decoded) return decoded;
  }
  if (contentType.includes('protobuf') || contentType.includes('cbor')) {
    throw new KubeError(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml');
  }
  const text = body.toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (yaml || contentType.includes('yaml')) return readYaml(text);
    throw badRequest(`error decoding: couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

function readYaml(text: string): unknown {
  try {
    return parseYaml(text) as unknown;
  } catch (error) {
    throw badRequest(`error decoding YAML: ${(error as Error).message}`);
  }
}

export function readObject(exchange: Exchange, yaml = false): Record<string, unknown> {
  const value = readBody(exchange, yaml);
  if (!isObject(value)) throw badRequest('the object provided is unrecognized (must be of type object)');
  return value;
}

/** dryRun, fieldManager and fieldValidation of the query. */
export function writeRequestOf(exchange: Exchange): WriteRequest & { readonly manager: string } {
  const { query, userAgent, warnings } = exchange;
  const dryRun = query.getAll('dryRun');
  if (dryRun.some((value) => value !== 'All')) throw badRequest(`Invalid value: ${JSON.stringify(dryRun)}: dryRun: Unsupported value: supported values: "All"`);
  const validation = query.get('fieldValidation') ?? 'Warn';
  if (validation !== 'Strict' && validation !== 'Warn' && validation !== 'Ignore') throw badRequest(`fieldValidation: Unsupported value: ${JSON.stringify(validation)}: supported values: "Ignore", "Strict", "Warn"`);
  return {
    dryRun: dryRun.length > 0,
    manager: query.get('fieldManager') ?? (userAgent.split('/')[0] || 'unknown'),
    fieldValidation: validation,
    warn: (sentence) => void warnings.push(sentence),
  };
}

export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax (${name})`);
  return Number(text);
}
