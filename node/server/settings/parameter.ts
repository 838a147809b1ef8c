/** One CONFIG parameter: text in, text out; `set` answers what is wrong with a value, or undefined once it holds. */
export interface Parameter {
  readonly name: string;
  get(): string;
  /** Absent: the parameter cannot change while the server runs. */
  readonly set?: (text: string) => string | undefined;
}

/** A parameter whose value is fixed: it takes no other than its own. */
export function fixed(name: string, value: string): Parameter {
  return { name, get: () => value, set: (text) => (text.toLowerCase() === value.toLowerCase() ? undefined : "can't set immutable config") };
}

/** A whole number in [min, max]. */
export function wholeNumber(name: string, first: number, min: number, max: number, changed: (value: number) => void = () => {}): Parameter {
  let value = first;
  return {
    name,
    get: () => String(value),
    set(text) {
      const next = /^-?\d{1,18}$/.test(text) ? Number(text) : Number.NaN;
      if (Number.isNaN(next)) return 'argument couldn\'t be parsed into an integer';
      if (next < min || next > max) return `argument must be between ${min} and ${max} inclusive`;
      value = next;
      changed(value);
      return undefined;
    },
  };
}

const sizeUnits: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1000, kb: 1024, m: 1_000_000, mb: 1024 ** 2, g: 1_000_000_000, gb: 1024 ** 3 };

/** `512mb` → bytes; undefined when it is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,18})([a-z]{0,2})$/i.exec(text);
  const unit = sizeUnits[match?.[2].toLowerCase() ?? '?'];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** A size in bytes in [min, max]; accepts the units kb, mb, gb. */
export function size(name: string, first: number, min: number, max: number, changed: (bytes: number) => void = () => {}): Parameter {
  let value = first;
  return {
    name,
    get: () => String(value),
    set(text) {
      const next = parseSize(text);
      if (next === undefined) return 'argument must be a memory value';
      if (next < min || next > max) return `argument must be between ${min} and ${max} inclusive`;
      value = next;
      changed(value);
      return undefined;
    },
  };
}

export function yesNo(name: string, first: boolean, changed: (value: boolean) => void = () => {}): Parameter {
  let value = first;
  return {
    name,
    get: () => (value ? 'yes' : 'no'),
    set(text) {
      const word = text.toLowerCase();
      if (word !== 'yes' && word !== 'no') return "argument must be 'yes' or 'no'";
      value = word === 'yes';
      changed(value);
      return undefined;
    },
  };
}
