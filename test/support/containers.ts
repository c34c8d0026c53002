/** Servers in containers, which `TEST_CONTAINERS` asks for. */
export const CONTAINERS = {
  postgresql: {
    image: 'postgres:15',
    port: 5432,
    environment: { POSTGRES_HOST_AUTH_METHOD: 'trust' },
    url: (address: string) => `postgresql://postgres@${address}/postgres`,
    // It is started twice: the first time to make its folder.
    ready: { message: /ready to accept connections/, times: 2 },
  },
  mariadb: {
    image: 'mariadb:10.11',
    port: 3306,
    environment: { MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: '1' },
    url: (address: string) => `mysql://root@${address}/`,
    ready: { message: /ready for connections/, times: 2 },
  },
  mysql: {
    image: 'mysql:8.4',
    port: 3306,
    environment: { MYSQL_ALLOW_EMPTY_PASSWORD: '1' },
    url: (address: string) => `mysql://root@${address}/`,
    ready: { message: /ready for connections.*port: 3306/, times: 1 },
  },
} as const

/** A server, as `services.ts` needs it. */
export interface ContainerServer {
  readonly url: string
  stop(): Promise<void>
}

/** As much of testcontainers as is called here. */
export interface Testcontainers {
  readonly GenericContainer: new (image: string) => Container
  readonly Wait: { forLogMessage(message: RegExp, times: number): unknown }
}

interface Container {
  withEnvironment(environment: { readonly [name: string]: string }): Container
  withExposedPorts(port: number): Container
  withWaitStrategy(strategy: never): Container
  start(): Promise<StartedContainer>
}

interface StartedContainer {
  getHost(): string
  getMappedPort(port: number): number
  stop(): Promise<unknown>
}

/** Starts one, or says what is missing. */
export async function startContainer(name: keyof typeof CONTAINERS): Promise<ContainerServer> {
  const { image, port, environment, url, ready } = CONTAINERS[name]
  const { GenericContainer, Wait } = await loadTestcontainers()
  const container = new GenericContainer(image)
    .withEnvironment(environment)
    .withExposedPorts(port)
    .withWaitStrategy(Wait.forLogMessage(ready.message, ready.times) as never)
  const started = await container.start().catch((cause: unknown) => {
    throw new Error(`TEST_CONTAINERS is set, but ${image} could not be started; is Docker running? ${String(cause)}`)
  })
  return {
    url: url(`${started.getHost()}:${started.getMappedPort(port)}`),
    async stop() {
      await started.stop()
    },
  }
}

// Its tree is large and brings install scripts, so it is installed by those who want it; its types are not here either.
async function loadTestcontainers(): Promise<Testcontainers> {
  const name: string = 'testcontainers'
  const loaded: unknown = await import(/* @vite-ignore */ name).catch((cause: unknown) => {
    const command = 'npm install --no-save --ignore-scripts testcontainers@11'
    throw new Error(`TEST_CONTAINERS is set, but testcontainers is not installed. Install it: ${command}`, { cause })
  })
  if (!isTestcontainers(loaded))
    throw new Error('This testcontainers has no GenericContainer and Wait: take version 11')
  return loaded
}

function isTestcontainers(loaded: unknown): loaded is Testcontainers {
  return typeof loaded === 'object' && loaded !== null && 'GenericContainer' in loaded && 'Wait' in loaded
}
