import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config'

type Settings = NonNullable<ViteUserConfig['test']>

/** The integration suite. Most of its time goes into loading clients, engines and databases. */
const INTEGRATION = ['test/prisma/**/*.test.ts', 'test/everywhere/**/*.test.ts', 'test/support/*.test.ts']

/** Tests that need a server of their own kind: `npm run test:services` has them. */
const SERVICES = ['test/**/*.services.test.ts']

const everywhere: Settings = {
  testTimeout: 30_000,
  // The first file that wants a client and a database makes them, and others wait for it.
  hookTimeout: 120_000,
  // A shared machine can stall for seconds in the middle of a test that counts on a lease; a real fault fails twice.
  retry: process.env.CI === undefined ? 0 : 1,
  // Titles are printed whole: some name what they were run on at their end.
  chaiConfig: { truncateThreshold: 0 },
}

/** How tests run here: with these settings for the run, and without some of the files. */
export function configuration(settings: Settings, left: readonly string[] = []): ViteUserConfig {
  const exclude = [...configDefaults.exclude, ...left]
  const units: Settings = { name: 'units', include: ['test/**/*.test.ts'], exclude: [...exclude, ...INTEGRATION] }
  // Its files share processes, so that each of these loads once: a file must leave its process as it found it.
  const integration: Settings = { name: 'integration', include: INTEGRATION, exclude, isolate: false }
  return defineConfig({
    test: {
      ...everywhere,
      // Many tests wait for a process they started.
      maxWorkers: 3,
      ...settings,
      projects: [units, integration].map((project) => ({ test: { ...everywhere, ...project } })),
    },
  })
}

export default configuration({}, SERVICES)
