import { z } from 'zod'
import { createImport, pathOfMailbox, readImports, removeImport, stopImport, type Import } from '#transfer'
import type { OpenAccount } from '#storage'
import { nowMs } from '#system'
import { id, line, orNull } from '../calls/arguments.ts'
import { SetError } from '../calls/errors.ts'
import { checkProperties } from '../calls/properties.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { importIds } from '../endpoints/transfer.ts'
import { mailboxIds, utcDateOf } from '../mail/ids.ts'

/** Files that are brought into the account. docs/jmap-extensions.md. */
const type = 'MailImport'

const Given = z.strictObject({ name: line(255), size: z.int().min(1), mailboxId: orNull(id) })
const Changeable = z.strictObject({ state: z.literal('stopped') })

const show = ({ id: number, createdAt, changedAt, folder, reason, ...one }: Import): Shown => ({
  ...one,
  id: importIds.of(number),
  folder: folder ?? null,
  reason: reason ?? null,
  createdAt: utcDateOf(createdAt),
  changedAt: utcDateOf(changedAt),
})

const described = ['name', 'folder', 'state', 'reason', 'size', 'received', 'done']
const counted = ['added', 'known', 'damaged', 'skipped', 'damages', 'createdAt', 'changedAt']
const properties = described.concat(counted)

/** Moves while one looks, and is never pushed: no state is ever the same. */
const state = async (): Promise<string> => String(nowMs())

const get = getMethod({
  type,
  properties,
  state,
  load: async (_session, account, { ids }) =>
    (await readImports(account, ids === null ? null : importIds.numbersOf(ids))).map(show),
})

const set = setMethod({
  type,
  state,
  apply: oneByOne({
    async create({ context: { config } }, account, given) {
      const { name, size, mailboxId } = checkProperties(Given, given)
      const folder = mailboxId === null ? undefined : await pathOf(account, mailboxId)
      const number = await createImport(config, account, { name, size, folder })
      const [made] = await readImports(account, [number])
      return show(made as Import)
    },
    async update(_session, account, given, patch) {
      checkProperties(Changeable, patch)
      await stopImport(account, numberOf(given))
      return null
    },
    destroy: (_session, account, given) => removeImport(account, numberOf(given)),
  }),
})

/** @throws SetError 'notFound' */
function numberOf(given: string): number {
  const number = importIds.numberOf(given)
  if (number === undefined) throw new SetError('notFound')
  return number
}

/** @throws SetError 'invalidProperties' */
async function pathOf(account: OpenAccount, mailboxId: string): Promise<string[]> {
  const number = mailboxIds.numberOf(mailboxId)
  const path = number === undefined ? [] : await pathOfMailbox(account, number)
  if (path.length === 0) throw new SetError('invalidProperties', undefined, { properties: ['mailboxId'] })
  return path
}

export const importMethods = [get, set]
