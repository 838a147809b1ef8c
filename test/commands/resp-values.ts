/** A RESP value with its type, so that a double is not taken for a bulk string. */
export type RespValue =
  | { readonly type: '+' | '-' | ':' | '$' | ',' | '(' | '#' | '='; readonly text: string }
  | { readonly type: 'nil' | 'nil-array' }
  | { readonly type: '*' | '~' | '%' | '>'; readonly items: readonly RespValue[] };

/** Reads whole values from bytes that come in pieces. */
export class RespReader {
  #buffer = Buffer.alloc(0);
  #at = 0;

  add(bytes: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer.subarray(this.#at), bytes]);
    this.#at = 0;
  }

  get isEmpty(): boolean {
    return this.#at === this.#buffer.length;
  }

  /** Undefined: not all of it is here. */
  next(): RespValue | undefined {
    const begin = this.#at;
    const value = this.#read();
    if (value === undefined) this.#at = begin;
    return value;
  }

  #read(): RespValue | undefined {
    const end = this.#buffer.indexOf('\r\n', this.#at);
    if (end < 0) return undefined;
    const type = String.fromCharCode(this.#buffer[this.#at]);
    const line = this.#buffer.toString('latin1', this.#at + 1, end);
    this.#at = end + 2;
    switch (type) {
      case '+':
      case '-':
      case ':':
      case ',':
      case '(':
      case '#':
        return { type, text: line };
      case '_':
        return { type: 'nil' };
      case '$':
      case '=': {
        const length = Number(line);
        if (length < 0) return { type: 'nil' };
        if (this.#buffer.length < this.#at + length + 2) return undefined;
        const text = this.#buffer.toString('latin1', this.#at, this.#at + length);
        this.#at += length + 2;
        return { type, text };
      }
      case '*':
      case '~':
      case '%':
      case '>':
        return this.#items(type, Number(line));
      default:
        throw new Error(`not RESP: ${JSON.stringify(type + line)}`);
    }
  }

  #items(type: '*' | '~' | '%' | '>', count: number): RespValue | undefined {
    if (count < 0) return { type: 'nil-array' };
    const items: RespValue[] = [];
    for (let i = 0; i < (type === '%' ? 2 * count : count); i++) {
      const item = this.#read();
      if (item === undefined) return undefined;
      items.push(item);
    }
    return { type, items };
  }
}

/** One line for comparing and showing. */
export function show(value: RespValue): string {
  if ('items' in value) return `${value.type}[${value.items.map(show).join(' ')}]`;
  return 'text' in value ? value.type + JSON.stringify(value.text) : value.type;
}
