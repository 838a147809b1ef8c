import { MeridianError } from '../../../shared/errors/meridian-error.ts';
import type { Answer } from '../answer.ts';
import type { ApiNode } from '../api-node.ts';
import type { GetQuery } from '../schemas.ts';
import type { ApiCall } from './call.ts';

/** A read that hands the right to fill to one caller when the key is not there. */
export function fill(_node: ApiNode, _call: ApiCall<GetQuery>, _key: Buffer): Promise<Answer> {
  return Promise.reject(new MeridianError('NOT_IMPLEMENTED', { what: 'fill=1' }));
}
