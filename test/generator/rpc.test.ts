import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { serve } from '../../src/generator/rpc.js'

async function answers(...lines: readonly string[]): Promise<readonly unknown[]> {
  const requests = new PassThrough()
  const replies = new PassThrough()
  requests.end(lines.map((line) => `${line}\n`).join(''))
  const calls: unknown[] = []
  await serve(
    { requests, replies },
    {
      slow: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        calls.push('slow')
      },
      echo: (params) => {
        calls.push('echo')
        return params
      },
      fail: () => {
        throw new Error('line one\nline two')
      },
      order: () => calls,
    },
  )
  replies.end()
  const text = (await replies.toArray()).join('')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line): unknown => JSON.parse(line))
}

const request = (method: string, id = 1, params: unknown = {}) => JSON.stringify({ jsonrpc: '2.0', id, method, params })

describe('the generator protocol', () => {
  it('answers a request with its id and result', async () => {
    expect(await answers(request('echo', 7, { a: 1 }))).toEqual([{ jsonrpc: '2.0', id: 7, result: { a: 1 } }])
  })

  it('answers null where a method returns nothing', async () => {
    expect(await answers(request('slow'))).toEqual([{ jsonrpc: '2.0', id: 1, result: null }])
  })

  it('answers one request after the other', async () => {
    const [, , last] = await answers(request('slow', 1), request('echo', 2), request('order', 3))
    expect(last).toEqual({ jsonrpc: '2.0', id: 3, result: ['slow', 'echo'] })
  })

  it('answers with the message of what a method throws, on one line, and goes on', async () => {
    const [failed, next] = await answers(request('fail'), request('echo', 2))
    expect(failed).toMatchObject({ id: 1, error: { message: 'line one\nline two', data: {} } })
    expect(next).toMatchObject({ id: 2 })
  })

  it.each(['toString', 'constructor', 'nothing'])('refuses the method %s', async (method) => {
    expect(await answers(request(method))).toMatchObject([{ error: { code: -32601 } }])
  })

  it.each(['{', '[]', '7', '{"method":1}'])('refuses %s', async (line) => {
    expect(await answers(line)).toMatchObject([{ id: null, error: { code: -32600 } }])
  })
})
