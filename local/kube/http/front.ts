import type { Api } from '../api/api.ts';

/** What requests are answered from. */
export interface Front {
  readonly api: Api;
}
