import { patternOrAll, type Invalidation } from './invalidation.ts';

const suffix = ':invalidate';

/** The namespace whose keys are invalidated by what is published to `<name>:invalidate`; undefined for other channels. */
export function namespaceOfChannel(channel: string): string | undefined {
  return channel.endsWith(suffix) && channel.indexOf(':') === channel.length - suffix.length ? channel.slice(0, -suffix.length) : undefined;
}

/** A message: `key NAME`, `tag NAME`, `pattern GLOB` or `all`; anything else is a glob over the keys; an empty one is about what the namespace's spec names (`pattern`). */
export function parseInvalidation(message: string, pattern: string | undefined): Invalidation {
  if (message === '') return patternOrAll(pattern);
  const [, word, rest] = /^(\w+)\s+([\s\S]+)$/.exec(message) ?? [];
  switch (word?.toLowerCase()) {
    case 'key':
      return { kind: 'key', key: rest };
    case 'tag':
      return { kind: 'tag', tag: rest };
    case 'pattern':
      return { kind: 'pattern', pattern: rest };
    default:
      return message.toLowerCase() === 'all' ? { kind: 'all' } : { kind: 'pattern', pattern: message };
  }
}
