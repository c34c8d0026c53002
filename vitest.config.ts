import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // A shared machine can stall for seconds in the middle of a test that counts on a lease; a real fault fails twice.
    retry: process.env.CI === undefined ? 0 : 1,
    // Titles are printed whole: some name what they were run on at their end.
    chaiConfig: { truncateThreshold: 0 },
  },
})
