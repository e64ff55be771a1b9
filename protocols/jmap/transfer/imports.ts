import { z } from 'zod'
import {
  createImport,
  createProviderImport,
  readImports,
  removeImport,
  resumeImport,
  stopImport,
  type Import,
} from '#transfer'
import type { OpenAccount } from '#storage'
import { nowMs, type Config } from '#system'
import { id, line, orNull } from '../calls/arguments.ts'
import { SetError } from '../calls/errors.ts'
import { checkProperties } from '../calls/properties.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { importIds } from '../endpoints/transfer.ts'
import { utcDateOf } from '../mail/ids.ts'
import { pathOf } from './mailbox.ts'
import { givenOrigin } from './origin.ts'

/** Files, and accounts at other providers, that are brought into the account. docs/jmap-extensions.md. */
const type = 'MailImport'

const GivenFile = z.strictObject({
  source: z.literal('file').optional(),
  name: line(255),
  size: z.int().min(1),
  mailboxId: orNull(id),
})
const GivenProvider = z.strictObject({ source: z.literal('imap'), ...givenOrigin, mailboxId: orNull(id) })
const Changeable = z.union([
  z.strictObject({ state: z.literal('stopped') }),
  z.strictObject({ state: z.literal('waiting'), password: givenOrigin.password }),
])

const show = ({ id: number, createdAt, changedAt, retryAt, folder, reason, host, ...one }: Import): Shown => ({
  ...one,
  host: host ?? null,
  retryAt: retryAt === undefined ? null : utcDateOf(retryAt),
  id: importIds.of(number),
  folder: folder ?? null,
  reason: reason ?? null,
  createdAt: utcDateOf(createdAt),
  changedAt: utcDateOf(changedAt),
})

const described = [
  'source',
  'name',
  'host',
  'folder',
  'state',
  'reason',
  'size',
  'received',
  'done',
  'folders',
  'foldersDone',
]
const counted = ['added', 'known', 'damaged', 'skipped', 'damages', 'createdAt', 'changedAt', 'retryAt']
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
      const number =
        given['source'] === 'imap'
          ? await createFromProvider(config, account, checkProperties(GivenProvider, given))
          : await createFromFile(config, account, checkProperties(GivenFile, given))
      const [made] = await readImports(account, [number])
      return show(made as Import)
    },
    async update(_session, account, given, patch) {
      const wish = checkProperties(Changeable, patch)
      if (wish.state === 'stopped') await stopImport(account, numberOf(given))
      else await resumeImport(account, numberOf(given), wish.password)
      return null
    },
    destroy: (_session, account, given) => removeImport(account, numberOf(given)),
  }),
})

async function createFromFile(
  config: Config,
  account: OpenAccount,
  { name, size, mailboxId }: z.output<typeof GivenFile>,
): Promise<number> {
  return createImport(config, account, { name, size, folder: await folderOf(account, mailboxId) })
}

async function createFromProvider(
  config: Config,
  account: OpenAccount,
  { mailboxId, host, port, security, user, password }: z.output<typeof GivenProvider>,
): Promise<number> {
  const origin = { host, port, security, user, password }
  return createProviderImport(config, account, { origin, folder: await folderOf(account, mailboxId) })
}

const folderOf = async (account: OpenAccount, mailboxId: string | null): Promise<string[] | undefined> =>
  mailboxId === null ? undefined : pathOf(account, mailboxId)

/** @throws SetError 'notFound' */
function numberOf(given: string): number {
  const number = importIds.numberOf(given)
  if (number === undefined) throw new SetError('notFound')
  return number
}

export const importMethods = [get, set]
