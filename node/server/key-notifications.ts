import type { KeyEventClass } from '../commands/key-events.ts';
import type { Channels } from '../commands/pubsub/channels.ts';
import type { Parameter } from './settings/parameter.ts';

/** `A` stands for these. Key misses (`m`) and new keys (`n`) are asked for by name. */
const everyClass = 'g$lshzxetd';
const classOrder = 'g$lshzxetdmn';

/** Keyspace notifications: which are wanted (notify-keyspace-events) and their publication. */
export class KeyNotifications {
  readonly #channels: Channels;
  #classes = new Set<string>();
  #keyspace = false;
  #keyevent = false;

  constructor(channels: Channels) {
    this.#channels = channels;
  }

  get enabled(): boolean {
    return this.#classes.size > 0 && (this.#keyspace || this.#keyevent);
  }

  wants(eventClass: KeyEventClass): boolean {
    return this.enabled && this.#classes.has(eventClass);
  }

  notify(eventClass: KeyEventClass, event: string, bytes: Uint8Array, start: number, length: number): void {
    if (!this.#classes.has(eventClass)) return;
    const key = Buffer.from(bytes.subarray(start, start + length));
    if (this.#keyspace) this.#channels.deliver('channel', Buffer.concat([Buffer.from('__keyspace@0__:'), key]), Buffer.from(event));
    if (this.#keyevent) this.#channels.deliver('channel', Buffer.from(`__keyevent@0__:${event}`), key);
  }

  /** CONFIG notify-keyspace-events; `changed` is called after each change. */
  parameter(changed: () => void): Parameter {
    return {
      name: 'notify-keyspace-events',
      get: () => this.#text(),
      set: (text) => {
        if (!/^[AKEg$lshzxetdmn]*$/.test(text)) return 'Invalid event class character. Use \'Ag$lshzxeKEtmdn\'.';
        this.#classes = new Set([...text.replaceAll('A', everyClass)].filter((letter) => letter !== 'K' && letter !== 'E'));
        this.#keyspace = text.includes('K');
        this.#keyevent = text.includes('E');
        changed();
        return undefined;
      },
    };
  }

  #text(): string {
    const all = [...everyClass].every((letter) => this.#classes.has(letter));
    const letters = [...classOrder].filter((letter) => this.#classes.has(letter) && !(all && everyClass.includes(letter)));
    return `${all ? 'A' : ''}${letters.join('')}${this.#keyspace ? 'K' : ''}${this.#keyevent ? 'E' : ''}`;
  }
}
