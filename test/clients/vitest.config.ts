import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: import.meta.dirname,
  test: {
    name: 'clients',
    include: ['*.test.ts'],
    globalSetup: 'service.ts',
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
