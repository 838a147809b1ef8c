import { globMatches } from '../../commands/pubsub/glob.ts';
import type { Settings } from '../../commands/services.ts';
import type { Parameter } from './parameter.ts';

/** CONFIG over a list of parameters; a set of changes is applied as a whole or not at all. */
export class ServerSettings implements Settings {
  readonly #parameters: Map<string, Parameter>;

  constructor(parameters: readonly Parameter[]) {
    this.#parameters = new Map(parameters.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((one) => [one.name, one]));
  }

  /** For parameters that another part owns (the store's policy and limits). */
  add(parameter: Parameter): void {
    this.#parameters.set(parameter.name, parameter);
  }

  matching(patterns: readonly string[]): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const { name, get } of this.#parameters.values()) if (patterns.some((pattern) => globMatches(pattern, name))) found.set(name, get());
    return found;
  }

  get(name: string): string | undefined {
    return this.#parameters.get(name)?.get();
  }

  set(changes: ReadonlyMap<string, string>): string | undefined {
    for (const name of changes.keys()) {
      const parameter = this.#parameters.get(name);
      if (parameter === undefined) return `ERR Unknown option or number of arguments for CONFIG SET - '${name}'`;
      if (parameter.set === undefined) return `ERR CONFIG SET failed (possibly related to argument '${name}') - can't set immutable config`;
    }
    const done: (readonly [Parameter, string])[] = [];
    for (const [name, text] of changes) {
      const parameter = this.#parameters.get(name) as Parameter;
      const before = parameter.get();
      const problem = parameter.set?.(text);
      if (problem !== undefined) {
        for (const [one, old] of done.toReversed()) one.set?.(old);
        return `ERR CONFIG SET failed (possibly related to argument '${name}') - ${problem}`;
      }
      done.push([parameter, before]);
    }
    return undefined;
  }
}
