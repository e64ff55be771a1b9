/** Whatever is done to an account, a client that follows /changes and /queryChanges ends with what the server has. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { letter, openMailReader, type MailReader } from '#test/letters'
import { startServer } from '#test/server'

type Json = Record<string, unknown>
type Type = 'Mailbox' | 'Thread' | 'Email'
const TYPES: readonly Type[] = ['Mailbox', 'Thread', 'Email']
const LISTS = [false, true]

const server = await startServer({ after }, {}, ['http'])

/** What there is when a step is taken. */
interface Scene {
  reader: MailReader
  emails: string[]
  mailboxes: string[]
  /** Counts up, for names that nothing has yet. */
  next(): number
  /** Letters that have arrived. */
  arrived: { count: number }
  /** Mailboxes that have been removed, some of them made again since. */
  removed: Set<string>
}

/** Numbers choose among what there is at that moment. */
const pick = <T>(all: readonly T[], numbers: readonly number[]): T[] =>
  all.length === 0 ? [] : [...new Set(numbers.map((number) => all[number % all.length] as T))]
const setOf = (ids: readonly string[]): Json => Object.fromEntries(ids.map((id) => [id, true]))
const patchAll = (reader: MailReader, ids: readonly string[], patch: Json): Promise<Json> =>
  reader.call('Email/set', { update: Object.fromEntries(ids.map((id) => [id, patch])) })

/** What can happen to an account. */
const ACTS = {
  async arrive({ reader, mailboxes, arrived }: Scene, [where = 0, also = 0, answerTo = 0, ageMinutes = 0]: number[]) {
    const number = arrived.count++
    const idOf = (one: number): string => `${reader.accountId}-${one}@example.org`
    const content =
      answerTo < number
        ? letter({ subject: `Re: Thread ${answerTo}`, messageId: idOf(number), inReplyTo: idOf(answerTo) })
        : letter({ subject: `Thread ${number}`, messageId: idOf(number) })
    await reader.file(pick(mailboxes, [where, also]), content, {
      receivedAt: new Date(Date.UTC(2026, 8, 7) - ageMinutes * 60_000),
    })
  },
  async flag({ reader, emails }: Scene, [keyword = 0, on = 0, ...which]: number[]) {
    const name = ['$seen', '$flagged', '$draft', 'project'][keyword % 4]
    await patchAll(reader, pick(emails, which), { [`keywords/${name}`]: on % 2 === 0 ? true : null })
  },
  async move({ reader, emails, mailboxes }: Scene, [to = 0, also = 0, ...which]: number[]) {
    await patchAll(reader, pick(emails, which), { mailboxIds: setOf(pick(mailboxes, [to, also])) })
  },
  async destroy({ reader, emails }: Scene, [first = 0, second = 0]: number[]) {
    await reader.call('Email/set', { destroy: pick(emails, [first, second]) })
  },
  async addMailbox({ reader, mailboxes, next }: Scene, [parent = 0]: number[]) {
    await reader.call('Mailbox/set', {
      create: { x: { name: `Box ${next()}`, parentId: pick(mailboxes, [parent])[0] } },
    })
  },
  async renameMailbox({ reader, mailboxes, next }: Scene, [which = 0]: number[]) {
    await reader.call('Mailbox/set', {
      update: { [pick(mailboxes, [which])[0] as string]: { name: `Name ${next()}` } },
    })
  },
  async dropMailbox({ reader, mailboxes, removed }: Scene, [which = 0]: number[]) {
    const { destroyed } = await reader.call('Mailbox/set', {
      destroy: pick(mailboxes, [which]),
      onDestroyRemoveEmails: true,
    })
    for (const id of (destroyed ?? []) as string[]) removed.add(id)
  },
  async restore({ reader }: Scene, [first = 0, second = 0]: number[]) {
    const { ids } = await reader.call('DeletedItem/query')
    await reader.call('DeletedItem/restore', { ids: pick(ids as string[], [first, second]) })
  },
  async restoreDeletion({ reader }: Scene, [which = 0]: number[]) {
    const { ids } = await reader.call('Deletion/query')
    for (const deletionId of pick(ids as string[], [which])) await reader.call('DeletedItem/restore', { deletionId })
  },
  async restoreMailbox({ reader, removed }: Scene, [which = 0]: number[]) {
    for (const folderId of pick([...removed], [which])) await reader.call('DeletedItem/restore', { folderId })
  },
}

type Act = keyof typeof ACTS
/** `sync` has the copy follow the changes. */
type Step = [act: Act | 'sync', numbers: number[]]

const often: [act: Step[0], weight: number][] = [
  ['arrive', 6],
  ['flag', 4],
  ['move', 4],
  ['sync', 4],
  ['destroy', 2],
  ['addMailbox', 1],
  ['renameMailbox', 1],
  ['dropMailbox', 2],
  ['restore', 2],
  ['restoreDeletion', 2],
  ['restoreMailbox', 2],
]
const step: fc.Arbitrary<Step> = fc.tuple(
  fc.oneof(...often.map(([act, weight]) => ({ weight, arbitrary: fc.constant(act) }))),
  fc.array(fc.nat(60), { minLength: 4, maxLength: 8 }),
)

/** Everything the server has, asked for anew. */
async function everything(reader: MailReader): Promise<Record<Type, Map<string, Json>>> {
  const { ids } = await reader.call('Email/query')
  const emails = (await reader.call('Email/get', { ids, properties: ['threadId', 'mailboxIds', 'keywords'] }))[
    'list'
  ] as Json[]
  const threadIds = [...new Set(emails.map(({ threadId }) => threadId))]
  const threads = (await reader.call('Thread/get', { ids: threadIds }))['list'] as Json[]
  const mailboxes = (await reader.call('Mailbox/get', { ids: null }))['list'] as Json[]
  const byId = (list: Json[]) => new Map(list.map((one) => [one['id'] as string, one]))
  return { Mailbox: byId(mailboxes), Thread: byId(threads), Email: byId(emails) }
}

/** A client with a copy of all objects, and of the list of the inbox in both forms. */
async function openCopy(reader: MailReader) {
  const properties = { Email: ['threadId', 'mailboxIds', 'keywords'] } as Partial<Record<Type, string[]>>
  const copies = await everything(reader)
  const states = new Map<Type, unknown>()
  for (const type of TYPES) states.set(type, (await reader.call(`${type}/get`, { ids: [] }))['state'])
  const filter = { inMailbox: await reader.mailbox('inbox') }
  const sort = [{ property: 'receivedAt', isAscending: false }]
  const query = (collapseThreads: boolean) =>
    reader.call('Email/query', { filter, sort, collapseThreads, calculateTotal: true })
  const lists = new Map<boolean, { ids: string[]; state: unknown }>()
  for (const collapse of LISTS) {
    const { ids, queryState } = await query(collapse)
    lists.set(collapse, { ids: ids as string[], state: queryState })
  }

  const follow = async (type: Type, most: number): Promise<void> => {
    const copy = copies[type]
    for (let round = 0; round < 500; round++) {
      const changes = await reader.call(`${type}/changes`, { sinceState: states.get(type), maxChanges: most })
      const [created, updated, destroyed] = [changes['created'], changes['updated'], changes['destroyed']] as string[][]
      assert.ok(created && updated && destroyed)
      assert.ok(created.length + updated.length + destroyed.length <= most)
      for (const id of updated) assert.ok(copy.has(id), `${type} ${id} is updated and was never heard of`)
      for (const id of destroyed) copy.delete(id)
      const { list } = await reader.call(`${type}/get`, {
        ids: [...created, ...updated],
        properties: properties[type] ?? null,
      })
      for (const one of list as Json[]) copy.set(one['id'] as string, one)
      states.set(type, changes['newState'])
      if (changes['hasMoreChanges'] === false) return
    }
    assert.fail('the changes have no end')
  }

  const followList = async (collapseThreads: boolean): Promise<void> => {
    const list = lists.get(collapseThreads) as { ids: string[]; state: unknown }
    const changes = await reader.call('Email/queryChanges', {
      filter,
      sort,
      collapseThreads,
      sinceQueryState: list.state,
      calculateTotal: true,
    })
    const removed = new Set(changes['removed'] as string[])
    const ids = list.ids.filter((id) => !removed.has(id))
    for (const { id, index } of changes['added'] as { id: string; index: number }[]) ids.splice(index, 0, id)
    const fresh = await query(collapseThreads)
    assert.deepEqual(ids, fresh['ids'])
    assert.equal(changes['total'], fresh['total'])
    assert.equal(changes['newQueryState'], fresh['queryState'])
    lists.set(collapseThreads, { ids, state: changes['newQueryState'] })
  }

  return {
    copies,
    async sync(most: number): Promise<void> {
      for (const type of TYPES) await follow(type, most)
      for (const collapse of LISTS) await followList(collapse)
      const now = await everything(reader)
      for (const type of TYPES) assert.deepEqual(sorted(copies[type]), sorted(now[type]))
      checkCounts(now)
    },
  }
}

const sorted = (map: Map<string, Json>): Json[] =>
  [...map.values()].sort((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1))

/** The counts that are kept are those that are counted. RFC 8621 §2. */
function checkCounts({ Mailbox, Email }: Record<Type, Map<string, Json>>): void {
  for (const [id, mailbox] of Mailbox) {
    const inside = [...Email.values()].filter(({ mailboxIds }) => Object.hasOwn(mailboxIds as Json, id))
    const unread = inside.filter(
      ({ keywords }) => !Object.hasOwn(keywords as Json, '$seen') && !Object.hasOwn(keywords as Json, '$draft'),
    )
    const threads = (emails: Json[]): number => new Set(emails.map(({ threadId }) => threadId)).size
    const { totalEmails, unreadEmails, totalThreads, unreadThreads } = mailbox
    assert.deepEqual(
      { totalEmails, unreadEmails, totalThreads, unreadThreads },
      {
        totalEmails: inside.length,
        unreadEmails: unread.length,
        totalThreads: threads(inside),
        unreadThreads: threads(unread),
      },
    )
  }
}

async function run(reader: MailReader, steps: readonly Step[]): Promise<void> {
  const copy = await openCopy(reader)
  const arrived = { count: 0 }
  const removed = new Set<string>()
  let names = 0
  for (const [act, numbers] of steps) {
    if (act === 'sync') {
      await copy.sync(1 + ((numbers[0] ?? 0) % 6))
      continue
    }
    const emails = [...((await reader.call('Email/query'))['ids'] as string[])].sort()
    const { list } = await reader.call('Mailbox/get', { ids: null, properties: [] })
    const mailboxes = (list as { id: string }[]).map(({ id }) => id).sort()
    await ACTS[act]({ reader, emails, mailboxes, next: () => names++, arrived, removed }, numbers)
  }
  await copy.sync(3)
}

test('a copy that follows the changes is what the server has, whatever happens', async () => {
  const steps = fc.array(step, { minLength: 15, maxLength: 45 })
  const property = fc.asyncProperty(steps, async (all) => run(await openMailReader(server), all))
  await fc.assert(property, { numRuns: 12 })
})
