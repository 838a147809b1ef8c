import { describe, expect, it } from 'vitest';
import { MeridianError } from '../shared/errors/meridian-error.ts';
import { parseLocalOptions } from './options.ts';

describe('options of local mode', () => {
  it('has the promised defaults', () => {
    expect(parseLocalOptions([], 'q.yaml')).toEqual({ files: ['q.yaml'], redisPort: 7379, httpPort: 8379, statusPort: 7300, dataFolder: undefined, json: false, programs: {} });
  });

  it('takes several files', () => {
    expect(parseLocalOptions(['-f', 'a.yaml', '--file', 'b'], 'q.yaml')).toMatchObject({ files: ['a.yaml', 'b'] });
  });

  it('takes programs for images', () => {
    expect(parseLocalOptions(['--program', 'meridian:next=/other/cli/main.ts'], 'q.yaml')).toMatchObject({ programs: { 'meridian:next': '/other/cli/main.ts' } });
  });

  it.each([['--port', 'x'], ['--port', '0'], ['--http-port', '70000'], ['--program', 'no-file'], ['--nonsense', '1'], ['stray', 'word']])('refuses %s %s with a sentence', (flag, value) => {
    expect(() => parseLocalOptions([flag, value], 'q.yaml')).toThrow(MeridianError);
  });
});
