import { Readable } from 'node:stream'
import { type FastifyRequest, fastify } from 'fastify'
import { fieldsealFastify } from '../../src/middleware/fastify.js'
import { describeMiddleware } from './behaviour.js'
import { tenantNamedBy } from './framework.js'

interface Body {
  readonly value: string
}

describeMiddleware('Fastify', async (service, routes) => {
  const app = fastify({ forceCloseConnections: true })
  app.addHook(
    'preHandler',
    fieldsealFastify(service, { tenant: (request: FastifyRequest) => tenantNamedBy(request.headers['x-tenant']) }),
  )
  app.get('/seal', () => routes.seal())
  app.post<{ Body: Body }>('/seal', (request) => routes.seal(request.body.value))
  app.addContentTypeParser('application/octet-stream', (_, __, done) => done(null))
  app.post('/listen', (request, reply) => routes.listen(request.raw, (cell) => void reply.send(cell)))
  app.get('/application', () => routes.application())
  app.get('/stream', (_, reply) => reply.send(Readable.from(routes.stream())))
  app.get('/plain', (_, reply) =>
    reply.code(201).header('x-own', 'yes').header('set-cookie', ['a=1', 'b=2']).send({ plain: true }),
  )
  app.get('/empty', (_, reply) => reply.code(204).send())
  app.get('/fail', () => routes.fail())
  app.get('/broken-stream', (_, reply) => reply.send(Readable.from(routes.brokenStream())))
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return { url, close: () => app.close() }
})
