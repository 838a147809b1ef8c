import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { failure, type Answer } from './answer.ts';
import type { ApiNode, NamespaceFacts } from './api-node.ts';
import { inWordsOf } from './calls/call.ts';
import { deleteKey } from './calls/delete.ts';
import { get } from './calls/get.ts';
import { specOf } from './calls/table.ts';
import { put } from './calls/put.ts';
import { faultOf, identify, parseJson, traceOf } from './requests.ts';
import type { FrontRequest, Known, Respond, Way } from './respond.ts';
import { putBody } from './schemas.ts';

/** GET, PUT (of JSON) or DELETE of one key, without a query: what most requests are. */
export interface DirectRequest {
  readonly front: FrontRequest;
  readonly authorization: string | undefined;
  readonly accept: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** May be used during the call only. */
  readonly body: Buffer;
}

export interface DirectOptions {
  readonly node: ApiNode;
  readonly failed: (error: unknown, call: string) => string;
  readonly respond: Respond;
}

const noQuery = {};
const noHeaders = {};

/** The calls about one key without a framework around them: the same steps and the same schemas. */
export function createDirect({ node, failed, respond }: DirectOptions): (request: DirectRequest, way: Way) => void {
  function refuse(error: unknown, way: Way, known: Known): void {
    respond(way, known, undefined, failure(error instanceof MeridianError ? inWordsOf(known.front.target, error) : new MeridianError('INTERNAL', { reference: failed(error, known.front.target.call) })));
  }

  function run({ accept, ifNoneMatch, body }: DirectRequest, known: Known): Answer | Promise<Answer> {
    const { target } = known.front;
    const headers = accept === undefined && ifNoneMatch === undefined ? noHeaders : { accept, 'if-none-match': ifNoneMatch };
    const call = { target, namespace: known.namespace as NamespaceFacts, user: known.user, traceId: known.traceId, query: noQuery, body: undefined, headers, log: known.log };
    if (target.call === 'get') return get(node, call);
    if (target.call === 'delete') return deleteKey(node, call);
    const checked = putBody.safeParse(parseJson(body));
    if (!checked.success) throw new MeridianError('INVALID_REQUEST', { detail: faultOf(checked.error) });
    known.traceId = traceOf(undefined, checked.data, known.traceId);
    return put(node, { ...call, traceId: known.traceId, body: { ...checked.data, value: JSON.stringify(checked.data.value) } });
  }

  return (request, way) => {
    const { front } = request;
    const known: Known = { front, traceId: front.traceId, user: '', namespace: undefined, counted: false, log: { sent: 0 } };
    try {
      identify(node, known, true, request.authorization);
      const done = run(request, known);
      const spec = specOf(front.target.call);
      if (done instanceof Promise) done.then((late) => respond(way, known, spec, late)).catch((error: unknown) => refuse(error, way, known));
      else respond(way, known, spec, done);
    } catch (error) {
      refuse(error, way, known);
    }
  };
}
