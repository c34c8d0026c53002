import type { Capability } from '../../capabilities.js'
import type { SealedClient } from '../../support/sealed-client.js'

/** Stands in every value that is to be encrypted, so that one in plaintext is found wherever it is. */
export const CANARY = 'canary-plaintext'
/** The digits every social security number here begins with, for the same purpose. */
export const DIGITS = '4815162342'

/** What a step works on: ids of its own, so that it can be taken again and again. */
export interface Place {
  readonly firm: string
  readonly id: string
  readonly ssn: string
}

/** One operation of the program, in a context of its own. */
export interface Step {
  readonly name: string
  /** Rows it needs, made while the KMS is well. */
  readonly arrange?: (client: SealedClient, place: Place) => Promise<unknown>
  readonly act: (client: SealedClient, place: Place) => Promise<unknown>
  /** Whether it only reads. */
  readonly reads?: boolean
  /** What the database must offer. */
  readonly needs?: Capability
}

const person = ({ id, ssn }: Place) => ({ id, ssn, name: `${CANARY} ${id}`, phone: `${CANARY} ${id}` })
const withNotes = (place: Place) => ({
  ...person(place),
  notes: { create: [{ body: CANARY }, { body: `${CANARY} 2` }] },
})
const arrange: Step['arrange'] = (client, place) => client.client.create({ data: withNotes(place) })

/** A program that writes a lot: every way a value gets into the database. */
export const STEPS: readonly Step[] = [
  { name: 'a create', act: (client, place) => client.client.create({ data: person(place) }) },
  {
    name: 'a nested create',
    act: (client, place) => client.client.create({ data: withNotes(place), include: { notes: true } }),
  },
  {
    name: 'createMany',
    act: (client, { id }) =>
      client.client.createMany({ data: [1, 2, 3].map((n) => ({ id: `${id}-${n}`, name: `${CANARY} ${n}` })) }),
  },
  {
    name: 'createManyAndReturn',
    needs: 'createManyAndReturn',
    act: (client, { id }) =>
      client.client.createManyAndReturn({ data: [1, 2].map((n) => ({ id: `${id}-${n}`, name: `${CANARY} ${n}` })) }),
  },
  {
    name: 'an update with nested writes',
    arrange,
    act: (client, { id }) =>
      client.client.update({
        where: { id },
        data: {
          name: `${CANARY} other`,
          intake: { secret: CANARY },
          notes: { create: { body: `${CANARY} 3` }, updateMany: { where: {}, data: { body: `${CANARY} 4` } } },
        },
        include: { notes: true },
      }),
  },
  {
    name: 'updateMany',
    arrange,
    act: (client, { id }) => client.client.updateMany({ where: { id }, data: { email: `${CANARY}@example.com` } }),
  },
  {
    name: 'an update found by a blind index',
    arrange,
    act: (client, { ssn }) => client.client.update({ where: { ssn }, data: { nickname: CANARY } }),
  },
  {
    name: 'an upsert that creates',
    act: (client, place) =>
      client.client.upsert({ where: { id: place.id }, create: withNotes(place), update: { name: CANARY } }),
  },
  {
    name: 'an upsert that updates',
    arrange,
    act: (client, place) =>
      client.client.upsert({
        where: { ssn: place.ssn },
        create: person(place),
        update: { name: `${CANARY} upserted` },
      }),
  },
  {
    name: 'a write with a global index beside the tenant’s keys',
    act: (client, { id }) =>
      client.user.create({ data: { id, email: `${CANARY}.${id}@example.com`, profile: { create: { bio: CANARY } } } }),
  },
  {
    name: 'a write of the application itself',
    act: (client, { id }) => client.appSecret.create({ data: { name: id, value: CANARY } }),
  },
  {
    name: 'an interactive transaction',
    act: (client, place) =>
      client.$transaction(async (tx) => {
        await tx.client.create({ data: person(place) })
        await tx.note.create({ data: { clientId: place.id, body: CANARY } })
        await tx.appSecret.create({ data: { name: place.id, value: CANARY } })
      }),
  },
  {
    name: 'an array transaction',
    act: (client, place) =>
      client.$transaction([
        client.client.create({ data: person(place) }),
        client.appSecret.create({ data: { name: place.id, value: CANARY } }),
        client.client.updateMany({ where: { id: place.id }, data: { name: `${CANARY} twice` } }),
      ]),
  },
  {
    name: 'a delete found by a blind index',
    arrange: (client, place) => client.client.create({ data: person(place) }),
    act: (client, { ssn }) => client.client.delete({ where: { ssn } }),
  },
  {
    name: 'a read of rows and their relations',
    arrange,
    act: (client, { id }) => client.client.findMany({ where: { id }, include: { notes: true } }),
    reads: true,
  },
]
