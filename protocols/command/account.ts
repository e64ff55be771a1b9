import { text } from 'node:stream/consumers'
import {
  accountLetter,
  addressesOf,
  asksFactor,
  changePassword,
  createAccount,
  findAccount,
  findRecovery,
  isLastOperator,
  isSuspensionRule,
  SUSPENSION_RULES,
  listAccounts,
  readSettings,
  takeFactors,
  trustAccount,
  type ClosingTerms,
  type Settings,
} from '#accounts'
import { createStandardMailboxes } from '#mail'
import { enqueue, prepareOwnLetter } from '#mail/outbound'
import { EVERYBODY } from '#trust/access'
import { close, reopen } from '#trust/closing'
import { resume, suspend } from '#trust/suspension'
import type { Sql, Storage } from '#storage'
import { Refusal, type Config } from '#system'
import { EXIT, type Command } from './command.ts'

/** The first line of standard input. */
async function passwordFromInput(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Password, then Ctrl-D: ')
  const [line = ''] = (await text(process.stdin)).split(/\r?\n/, 1)
  return line
}

const dayOf = (time: Date): string => time.toISOString().slice(0, 10)

const closedInWords = (id: number, { reopenUntil, eraseAt }: ClosingTerms): string =>
  `Account ${id} is closed. It can be reopened until ${dayOf(reopenUntil)}, and is erased on ${dayOf(eraseAt)}.`

/** Told in the inbox, where the account is open, and outside. */
async function factorsTaken(
  storage: Storage,
  { hostname: host }: Config,
  accountId: number,
): Promise<(sql: Sql) => Promise<void>> {
  const [{ language }, [address = ''], recovery] = await Promise.all([
    storage.openAccount(accountId).then(readSettings),
    addressesOf(storage, accountId),
    findRecovery(storage, accountId),
  ])
  const words = accountLetter({ kind: 'factorTaken', language, values: { host, address } })
  const to = recovery === undefined ? [address] : [address, recovery.address]
  const letters = await Promise.all(to.map((each) => prepareOwnLetter(storage, { to: each, language, ...words })))
  return async (sql) => {
    for (const letter of letters) await enqueue(sql, letter)
  }
}

const ACCOUNT_FIELDS = ['addresses', 'state', 'created', 'stops'] as const

export const accountCommands: Command[] = [
  {
    name: 'account create',
    usage: 'ADDRESS --password-stdin [--operator] [--language de|fr|nl|en]',
    summary: 'Makes an account with its mailboxes; the password is the first line of standard input.',
    arguments: [1, 1],
    options: { 'password-stdin': { type: 'boolean' }, operator: { type: 'boolean' }, language: { type: 'string' } },
    async run({ positionals, options, print, withStorage }) {
      if (options['password-stdin'] !== true) {
        process.stderr.write(
          'zegel account create ADDRESS --password-stdin: a password on the command line would be seen by others\n',
        )
        return EXIT.usage
      }
      const password = await passwordFromInput()
      const address = positionals[0] as string
      const id = await withStorage((storage) =>
        createAccount(
          storage,
          {
            address,
            password,
            isOperator: options['operator'] === true,
            // createAccount refuses what is none.
            language: options['language'] as Settings['language'] | undefined,
          },
          createStandardMailboxes,
        ),
      )
      print({ id, address }, () => `Made account ${id}.`)
      return EXIT.ok
    },
  },
  {
    name: 'account password',
    usage: 'ADDRESS --password-stdin',
    summary: "Sets an account's password; its sessions and app passwords end.",
    arguments: [1, 1],
    options: { 'password-stdin': { type: 'boolean' } },
    async run({ positionals, print, withStorage }) {
      const password = await passwordFromInput()
      const id = await withStorage(async (storage) => {
        const account = await findAccount(storage, positionals[0] as string)
        if (account === undefined) throw new Refusal('addressUnknown')
        await changePassword(storage, account.id, password)
        return account.id
      })
      print({ id }, () => `Set the password of account ${id}; its sessions and app passwords have ended.`)
      return EXIT.ok
    },
  },
  {
    name: 'account factors',
    usage: 'ADDRESS --remove',
    summary:
      'Takes every second factor from an account whose owner has lost them; make sure first who asks. They are told.',
    arguments: [1, 1],
    options: { remove: { type: 'boolean' } },
    async run({ positionals, options, print, withStorage }) {
      if (options['remove'] !== true) {
        process.stderr.write('zegel account factors ADDRESS --remove: "account show" tells whether there are any\n')
        return EXIT.usage
      }
      const { id, isRemoved } = await withStorage(async (storage, config) => {
        const found = await findAccount(storage, positionals[0] as string)
        if (found === undefined) throw new Refusal('addressUnknown')
        if (found.state === 'erasing') throw new Refusal('addressClosed')
        const tell = await factorsTaken(storage, config, found.id)
        return { id: found.id, isRemoved: await takeFactors(storage, found.id, tell) }
      })
      print({ id, isRemoved }, () =>
        isRemoved
          ? `Account ${id} has no second factor any more; its sessions have ended and its owner is told.`
          : `Account ${id} asked for no second factor.`,
      )
      return EXIT.ok
    },
  },
  {
    name: 'account suspend',
    usage: `ADDRESS --rule ${SUSPENSION_RULES.join('|')}`,
    summary: 'Keeps an account from sending, for a rule of the terms; its owner is told, and can appeal.',
    arguments: [1, 1],
    options: { rule: { type: 'string' } },
    async run({ positionals, options, print, withStorage }) {
      const rule = String(options['rule'])
      if (!isSuspensionRule(rule)) {
        process.stderr.write(`--rule: one of ${SUSPENSION_RULES.join(', ')}\n`)
        return EXIT.usage
      }
      const id = await withStorage(async (storage, config) => {
        const account = await findAccount(storage, positionals[0] as string, { alsoMasked: true })
        if (account === undefined) throw new Refusal('addressUnknown')
        if (account.state === 'closed' || account.state === 'erasing') throw new Refusal('addressClosed')
        if (!(await suspend(storage, config, account.id, rule)))
          throw new Refusal('exists', { fields: ['That account is suspended already.'] })
        return account.id
      })
      print({ id, rule }, () => `Account ${id} is suspended and its owner told; "zegel appeals" shows what they say.`)
      return EXIT.ok
    },
  },
  {
    name: 'account resume',
    usage: 'ADDRESS',
    summary: 'Lets an account send again whose sending was stopped; its owner should have a new password first.',
    arguments: [1, 1],
    options: {},
    async run({ positionals, print, withStorage }) {
      const { id, isResumed } = await withStorage(async (storage) => {
        const account = await findAccount(storage, positionals[0] as string)
        if (account === undefined) throw new Refusal('addressUnknown')
        return { id: account.id, isResumed: await resume(storage, account.id) }
      })
      print({ id, isResumed }, () =>
        isResumed ? `Account ${id} may send again; letters that wait leave.` : `Account ${id} was not stopped.`,
      )
      return EXIT.ok
    },
  },
  {
    name: 'account trust',
    usage: 'ADDRESS',
    summary: 'Vouches for an account that somebody opened by sign-up: it may send as much as one you made.',
    arguments: [1, 1],
    options: {},
    async run({ positionals, print, withStorage }) {
      const id = await withStorage(async (storage) => {
        const account = await findAccount(storage, positionals[0] as string)
        if (account === undefined) throw new Refusal('addressUnknown')
        await trustAccount(storage.database.sql, account.id)
        return account.id
      })
      print({ id }, () => `Account ${id} has the whole limits.`)
      return EXIT.ok
    },
  },
  {
    name: 'account close',
    usage: 'ADDRESS',
    summary: 'Closes an account as its owner could; it can be reopened, and is erased when its time is over.',
    arguments: [1, 1],
    options: {},
    async run({ positionals, print, withStorage }) {
      const { id, closure } = await withStorage(async (storage, config) => {
        const found = await findAccount(storage, positionals[0] as string)
        if (found === undefined) throw new Refusal('addressUnknown')
        if (found.state === 'closed' || found.state === 'erasing') throw new Refusal('addressClosed')
        if (await isLastOperator(storage.database.sql, found.id))
          throw new Refusal('forbidden', { fields: ['That is the last operator; make another one first.'] })
        const account = await storage.openAccount(found.id)
        return { id: found.id, closure: await close(storage, config, account, { closedBy: 'operator' }) }
      })
      print({ id, ...closure }, () => closedInWords(id, closure))
      return EXIT.ok
    },
  },
  {
    name: 'account reopen',
    usage: 'ADDRESS',
    summary: 'Reopens a closed account; everything in it is there again.',
    arguments: [1, 1],
    options: {},
    async run({ positionals, print, withStorage }) {
      const id = await withStorage(async (storage, config) => {
        const account = await findAccount(storage, positionals[0] as string)
        if (account === undefined) throw new Refusal('addressUnknown')
        if (account.state !== 'closed') throw new Refusal('notFound', { fields: ['That account is not closed.'] })
        await reopen(storage, config, account.id)
        return account.id
      })
      print({ id }, () => `Account ${id} is open again.`)
      return EXIT.ok
    },
  },
  {
    name: 'account list',
    usage: '',
    summary: 'Lists the accounts.',
    arguments: [0, 0],
    options: {},
    looksAt: ACCOUNT_FIELDS,
    async run({ print, noteLook, withStorage }) {
      const accounts = await withStorage(async (storage) => {
        await noteLook(storage, EVERYBODY)
        return listAccounts(storage)
      })
      print(accounts, () =>
        accounts
          .map(
            (a) => `${String(a.id).padEnd(16)} ${a.state.padEnd(10)} ${a.address}${a.isOperator ? '  operator' : ''}`,
          )
          .join('\n'),
      )
      return EXIT.ok
    },
  },
  {
    name: 'account show',
    usage: 'ADDRESS',
    summary: 'Shows one account.',
    arguments: [1, 1],
    options: {},
    looksAt: [...ACCOUNT_FIELDS, 'secondFactor'],
    async run({ positionals, print, noteLook, withStorage }) {
      const account = await withStorage(async (storage) => {
        const found = await findAccount(storage, positionals[0] as string)
        if (found === undefined) throw new Refusal('addressUnknown')
        await noteLook(storage, [found.id])
        return { ...found, secondFactor: await asksFactor(storage, found.id) }
      })
      print(account, () =>
        Object.entries(account)
          .map(([name, value]) => `${name.padEnd(13)} ${value instanceof Date ? value.toISOString() : String(value)}`)
          .join('\n'),
      )
      return EXIT.ok
    },
  },
]
