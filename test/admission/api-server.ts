import { Agent, request } from 'undici';
import type { JsonObject } from '../../shared/resources/admission/json.ts';
import { startControlPlane } from '../kube/control-plane.ts';

export interface ApiServer {
  /** Sends JSON to a path of the API and returns the answer's body, whatever its status; what is no JSON becomes `{}`. */
  call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<JsonObject>;
  stop(): Promise<void>;
}

/** A real kube-apiserver, called as its administrator. */
export async function startApiServer(): Promise<ApiServer> {
  const plane = await startControlPlane();
  const dispatcher = new Agent({ connect: { ca: plane.ca } });
  const headers = { authorization: `Bearer ${plane.adminToken}`, 'content-type': 'application/json' };
  return {
    call: async (method, path, body) => {
      const answer = await request(plane.url + path, { dispatcher, method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      const text = await answer.body.text();
      return text.startsWith('{') ? (JSON.parse(text) as JsonObject) : {};
    },
    stop: async () => {
      await dispatcher.close();
      await plane.stop();
    },
  };
}
