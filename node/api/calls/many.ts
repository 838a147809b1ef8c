import { MeridianError } from '../../../shared/errors/meridian-error.ts';
import { errorBody, failure, json, jsonType, type Answer, type ErrorBody } from '../answer.ts';
import type { ApiNode } from '../api-node.ts';
import type { KeyCommand } from '../region-commands.ts';
import { encodeCommand } from '../resp.ts';
import { keyOfText } from '../target.ts';
import { inWordsOf, storeKey, type ApiCall } from './call.ts';
import { refusalOf, writeCommand, type Written } from './put.ts';
import { jsonText, storedValue } from './values.ts';

export async function mget(node: ApiNode, call: ApiCall<unknown, { readonly keys: readonly string[] }>): Promise<Answer> {
  const names = [...new Set(call.body.keys)];
  const keys = names.map((name) => storeKey(node, call, keyOfText(name)));
  const replies = await node.commands.runMany(call.user, keys.map((key) => ({ key, bytes: encodeCommand(['MERIDIAN.READ', key]) })), call.log);
  const results: string[] = [];
  const errors: Failures = new Map();
  let hits = 0;
  replies.forEach((reply, i) => {
    if (reply instanceof MeridianError) {
      errors.set(names[i], inWordsOf(call.target, reply));
      return;
    }
    const stored = storedValue(reply);
    if (stored !== undefined) hits++;
    results.push(`${JSON.stringify(names[i])}:${stored === undefined ? '{"value":null,"found":false}' : `{"value":${jsonText(stored)},"found":true}`}`);
  });
  if (errors.size === names.length) return allFailed(errors);
  call.log.hit = hits > 0;
  const failed = errors.size === 0 ? '' : `,"errors":${JSON.stringify(shown(errors))}`;
  // Put together by hand: values are JSON text already, and `__proto__` is a key like any other.
  return { status: errors.size === 0 ? 200 : 207, headers: { 'content-type': jsonType }, body: `{"results":{${results.join(',')}},"hits":${hits},"misses":${results.length - hits}${failed}}` };
}

export interface Entry extends Pick<Written, 'value' | 'ttl' | 'tags'> {
  readonly key: string;
}

export async function mset(node: ApiNode, call: ApiCall<unknown, { readonly entries: readonly Entry[] }>): Promise<Answer> {
  const { entries } = call.body;
  const errors: Failures = new Map();
  const names: string[] = [];
  const commands: KeyCommand[] = [];
  for (const entry of entries) {
    try {
      const key = storeKey(node, call, keyOfText(entry.key));
      commands.push({ key, bytes: writeCommand(node, call.namespace, key, entry) as Buffer });
      names.push(entry.key);
    } catch (error) {
      if (!(error instanceof MeridianError)) throw error;
      errors.set(entry.key, error);
    }
  }
  const replies = await node.commands.runMany(call.user, commands, call.log);
  let stored = 0;
  replies.forEach((reply, i) => {
    const error = reply instanceof MeridianError ? reply : refusalOf(...(reply as readonly [number, number]));
    if (error === undefined) stored++;
    else errors.set(names[i], inWordsOf(call.target, error));
  });
  if (errors.size === 0) return json(200, { success: true, stored });
  return stored === 0 ? allFailed(errors) : json(207, { success: false, stored, errors: shown(errors) });
}

type Failures = Map<string, MeridianError>;

const shown = (errors: Failures): Record<string, ErrorBody> => Object.fromEntries(Array.from(errors, ([name, error]) => [name, errorBody(error)]));

/** Nothing was done: the first reason is the answer's. */
function allFailed(errors: Failures): Answer {
  const [first] = errors.values();
  return failure(first, errors.size === 1 ? {} : { errors: shown(errors) });
}
