import { z } from 'zod'
import {
  AlreadyCollected,
  changeCollection,
  createCollection,
  INTERVALS,
  PROTOCOLS,
  readCollections,
  removeCollection,
  type Chosen,
  type Collection,
} from '#transfer'
import type { OpenAccount } from '#storage'
import { nowMs } from '#system'
import { id, orNull } from '../calls/arguments.ts'
import { SetError } from '../calls/errors.ts'
import { checkProperties } from '../calls/properties.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { idsWith } from '../ids.ts'
import { mailboxIds, utcDateOf } from '../mail/ids.ts'
import { pathOf } from './mailbox.ts'
import { givenOrigin } from './origin.ts'

/** Accounts at other providers from which letters are collected again and again. docs/jmap-extensions.md. */
const type = 'MailCollection'

const collectionIds = idsWith('o')

const everyMinutes = z.literal(INTERVALS)

const Given = z.strictObject({
  protocol: z.enum(PROTOCOLS),
  ...givenOrigin,
  mailboxId: orNull(id),
  everyMinutes,
  leavesThere: z.boolean(),
})

const changeable = {
  everyMinutes: everyMinutes.optional(),
  mailboxId: id.nullable().optional(),
  leavesThere: z.boolean().optional(),
  dueAt: z.null().optional(),
}
const Changed = z.strictObject({ state: z.literal('paused').optional(), ...changeable })
const Resumed = z.strictObject({
  state: z.literal('active'),
  password: givenOrigin.password.optional(),
  ...changeable,
})

const properties = [
  'protocol',
  'host',
  'port',
  'security',
  'user',
  'mailboxId',
  'everyMinutes',
  'leavesThere',
  'state',
  'isRunning',
  'reason',
  'added',
  'damaged',
  'damages',
  'createdAt',
  'collectedAt',
  'dueAt',
]

function show({ id: number, mailbox, reason, createdAt, collectedAt, dueAt, ...one }: Collection): Shown {
  return {
    ...one,
    id: collectionIds.of(number),
    mailboxId: mailbox === undefined ? null : mailboxIds.of(mailbox),
    reason: reason ?? null,
    createdAt: utcDateOf(createdAt),
    collectedAt: collectedAt === undefined ? null : utcDateOf(collectedAt),
    dueAt: dueAt === undefined ? null : utcDateOf(dueAt),
  }
}

/** Moves while one looks, and is never pushed: no state is ever the same. */
const state = async (): Promise<string> => String(nowMs())

const get = getMethod({
  type,
  properties,
  state,
  load: async (_session, account, { ids }) =>
    (await readCollections(account, ids === null ? undefined : collectionIds.numbersOf(ids))).map(show),
})

const set = setMethod({
  type,
  state,
  apply: oneByOne({
    async create({ context: { config } }, account, given) {
      const wish = checkProperties(Given, given)
      const { protocol, mailboxId, everyMinutes: minutes, leavesThere, ...origin } = wish
      const chosen = (await chosenBy(account, mailboxId)) ?? undefined
      const number = await createCollection(config, account, {
        protocol,
        origin,
        chosen,
        everyMinutes: minutes,
        leavesThere,
      }).catch((error: unknown) => {
        if (!(error instanceof AlreadyCollected)) throw error
        throw new SetError('alreadyExists', undefined, { existingId: collectionIds.of(error.id) })
      })
      const [made] = await readCollections(account, [number])
      return show(made as Collection)
    },
    async update(_session, account, given, patch) {
      const number = numberOf(given)
      const wish = patch['state'] === 'active' ? checkProperties(Resumed, patch) : checkProperties(Changed, patch)
      const { mailboxId, dueAt, ...change } = wish
      await changeCollection(account, number, {
        ...change,
        chosen: mailboxId === undefined ? undefined : await chosenBy(account, mailboxId),
        isDueNow: dueAt === null,
      })
      const [changed] = await readCollections(account, [number])
      return changed === undefined ? null : show(changed)
    },
    destroy: (_session, account, given) => removeCollection(account, numberOf(given)),
  }),
})

/** @throws SetError 'invalidProperties' */
async function chosenBy(account: OpenAccount, mailboxId: string | null): Promise<Chosen | null> {
  if (mailboxId === null) return null
  const path = await pathOf(account, mailboxId)
  return { id: mailboxIds.numberOf(mailboxId) as number, path }
}

/** @throws SetError 'notFound' */
function numberOf(given: string): number {
  const number = collectionIds.numberOf(given)
  if (number === undefined) throw new SetError('notFound')
  return number
}

export const collectionMethods = [get, set]
