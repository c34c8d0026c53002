import { pipeline, Readable } from 'node:stream'
import express from 'express'
import { fieldsealExpress } from '../../src/middleware/express.js'
import { describeMiddleware } from './behaviour.js'
import { tenantNamedBy, urlOf } from './framework.js'

describeMiddleware('Express', async (service, routes) => {
  const app = express()
  app.use(fieldsealExpress(service, { tenant: async (req) => tenantNamedBy(req.get('x-tenant')) }))
  // The body is parsed in the context here: the worse of the two orders.
  app.use(express.json())
  app.get('/seal', async (_, res) => {
    res.send(await routes.seal())
  })
  app.post('/seal', async (req, res) => {
    res.send(await routes.seal(req.body.value))
  })
  app.post('/listen', (req, res) => routes.listen(req, (cell) => void res.send(cell)))
  app.get('/application', async (_, res) => {
    res.send(await routes.application())
  })
  app.get('/stream', (_, res) => {
    pipeline(Readable.from(routes.stream()), res, () => undefined)
  })
  app.get('/plain', (_, res) => {
    res.status(201).set('x-own', 'yes').append('set-cookie', 'a=1').append('set-cookie', 'b=2').json({ plain: true })
  })
  app.get('/empty', (_, res) => {
    res.status(204).end()
  })
  app.get('/fail', () => routes.fail())
  app.get('/broken-stream', (_, res) => {
    pipeline(Readable.from(routes.brokenStream()), res, () => undefined)
  })
  app.use((_: unknown, __: express.Request, res: express.Response, ___: express.NextFunction) => {
    res.status(500).end()
  })
  const server = app.listen(0, '127.0.0.1')
  const url = await urlOf(server)
  return { url, close: () => closeServer(server) }
})

function closeServer(server: { close(): unknown; closeAllConnections(): void }): void {
  server.closeAllConnections()
  server.close()
}
