import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { memoryKeyStore } from 'fieldseal/core'
import { hashing, inTenant, PEER_KEY, sealing } from '../clients.mjs'
import { throughPrisma, unconnectedClient } from '../in-memory.mjs'
import { text } from '../rows.mjs'
import { ciphersweetSide } from '../sides/ciphersweet.mjs'
import { aadLength, coreSide } from '../sides/fieldseal.mjs'
import { floorSide } from '../sides/floor.mjs'
import { inTurns, processorTime } from '../turns.mjs'

const require = createRequire(import.meta.url)
const requireOfPeer = createRequire(require.resolve('prisma-field-encryption'))
const VALUES = 5000
/** ciphersweet-js takes a value at a time, and long. */
const CIPHERSWEET_SHARE = 1 / 10

/** 5,000 values of 50 bytes: sealed, opened and tagged, without Prisma and without a database. */
export async function values({ databases, dmmf }, { rounds }) {
  const settings = { rounds, now: processorTime }
  const { policy } = databases.sqlite
  const plain = Array.from({ length: VALUES }, (_, at) => text(at))
  const floor = floorSide(aadLength())
  const core = coreSide(policy)
  const ciphersweet = await ciphersweetSide()
  const some = plain.slice(0, VALUES * CIPHERSWEET_SHARE)
  const cells = {
    floor: floor.seal(plain),
    fieldseal: await core.seal(plain),
    ciphersweet: await ciphersweet.seal(some),
  }
  assert.deepEqual(await core.open(cells.fieldseal), floor.open(cells.floor))
  assert.deepEqual(await ciphersweet.open(cells.ciphersweet), some)
  const share = CIPHERSWEET_SHARE
  const times = {
    seal: await inTurns(
      {
        floor: { work: () => floor.seal(plain) },
        fieldseal: { work: () => core.seal(plain) },
        ciphersweet: { work: () => ciphersweet.seal(some), share },
      },
      settings,
    ),
    open: await inTurns(
      {
        floor: { work: () => floor.open(cells.floor) },
        fieldseal: { work: () => core.open(cells.fieldseal) },
        ciphersweet: { work: () => ciphersweet.open(cells.ciphersweet), share },
      },
      settings,
    ),
    tag: await inTurns(
      { floor: { work: () => floor.tag(plain) }, fieldseal: { work: () => core.tag(plain) } },
      settings,
    ),
    ...(await againstPeer(databases.sqlite, dmmf, floor, plain, settings)),
    ...(await againstCloak(core, plain, cells.fieldseal, settings)),
  }
  return { times, facts: { bytes_overhead_50: cells.fieldseal[0].length - 50 } }
}

/** The same number of values as 1,000 rows × 5 fields through both extensions, through neither, and by the floor. */
async function againstPeer(prepared, dmmf, floor, plain, settings) {
  const values = VALUES
  const simply = (work) => work()
  const sealed = sealing(unconnectedClient(prepared), prepared.policy, { store: memoryKeyStore() })
  const sides = {
    fieldseal: await throughPrisma(sealed, { values, run: (work) => inTenant(sealed, work), isSealing: true }),
    pfe: await throughPrisma(hashing(unconnectedClient(prepared), dmmf), { values, run: simply, isSealing: true }),
    bare: await throughPrisma(unconnectedClient(prepared), { values, run: simply, isSealing: false }),
  }
  const cells = floor.seal(plain)
  const of = (verb) => Object.fromEntries(Object.entries(sides).map(([name, side]) => [name, side[verb]]))
  return {
    seal_in_prisma: await inTurns({ ...of('seal'), floor: { work: () => floor.seal(plain) } }, settings),
    open_in_prisma: await inTurns({ ...of('open'), floor: { work: () => floor.open(cells) } }, settings),
  }
}

/**
 * The same values by the functions that the peer's extension calls for each of them (`@47ng/cloak`), without what it
 * does around them: walking arguments and answers, copying, reporting.
 */
async function againstCloak(core, plain, cells, settings) {
  const cloak = requireOfPeer('@47ng/cloak')
  const key = cloak.parseKeySync(PEER_KEY)
  const keychain = cloak.makeKeychainSync([PEER_KEY])
  const cloaked = plain.map((value) => cloak.encryptStringSync(value, key))
  const openOne = (cell) =>
    cloak.parseCloakedString(cell) && cloak.decryptStringSync(cell, cloak.findKeyForMessage(cell, keychain))
  assert.deepEqual(cloaked.map(openOne), plain)
  return {
    seal_cloak: await inTurns(
      {
        fieldseal: { work: () => core.seal(plain) },
        cloak: { work: () => plain.map((value) => cloak.encryptStringSync(value, key)) },
      },
      settings,
    ),
    open_cloak: await inTurns(
      { fieldseal: { work: () => core.open(cells) }, cloak: { work: () => cloaked.map(openOne) } },
      settings,
    ),
  }
}
