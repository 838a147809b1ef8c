import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,operator,node,sdk,cli,local,test,tools,bench}/**/*.test.ts'],
    setupFiles: ['test/setup/fast-check.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // They only matter when something is broken.
    expect: { poll: { timeout: 20_000 } },
    reporters: process.env.CI ? ['default'] : ['dot'],
    pool: 'forks',
    maxWorkers: 2,
  },
});
