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

/** What one step does; numbers choose among what there is at that moment. */
type Step =
  | { act: 'arrive'; mailboxes: number[]; answerTo: number; ageMinutes: number }
  | { act: 'flag'; emails: number[]; keyword: string; on: boolean }
  | { act: 'move'; emails: number[]; mailboxes: number[] }
  | { act: 'destroy'; emails: number[] }
  | { act: 'addMailbox'; parent: number }
  | { act: 'renameMailbox'; mailbox: number }
  | { act: 'dropMailbox'; mailbox: number }
  | { act: 'sync'; most: number }

const some = (max: number): fc.Arbitrary<number[]> => fc.array(fc.nat(50), { minLength: 1, maxLength: max })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant('arrive' as const), mailboxes: some(2), answerTo: fc.nat(60), ageMinutes: fc.nat(90) }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('flag' as const), emails: some(6), keyword: fc.constantFrom('$seen', '$flagged', '$draft', 'project'), on: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('move' as const), emails: some(5), mailboxes: some(2) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('destroy' as const), emails: some(3) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('addMailbox' as const), parent: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('renameMailbox' as const), mailbox: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('dropMailbox' as const), mailbox: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('sync' as const), most: fc.integer({ min: 1, max: 6 }) }) },
)

/** Everything the server has, asked for anew. */
async function everything(reader: MailReader): Promise<Record<Type, Map<string, Json>>> {
  const { ids } = await reader.call('Email/query')
  const emails = (await reader.call('Email/get', { ids, properties: ['threadId', 'mailboxIds', 'keywords'] }))['list'] as Json[]
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
  const query = (collapseThreads: boolean) => reader.call('Email/query', { filter, sort, collapseThreads, calculateTotal: true })
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
      const { list } = await reader.call(`${type}/get`, { ids: [...created, ...updated], properties: properties[type] ?? null })
      for (const one of list as Json[]) copy.set(one['id'] as string, one)
      states.set(type, changes['newState'])
      if (changes['hasMoreChanges'] === false) return
    }
    assert.fail('the changes have no end')
  }

  const followList = async (collapseThreads: boolean): Promise<void> => {
    const list = lists.get(collapseThreads) as { ids: string[]; state: unknown }
    const changes = await reader.call('Email/queryChanges', { filter, sort, collapseThreads, sinceQueryState: list.state, calculateTotal: true })
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

const sorted = (map: Map<string, Json>): Json[] => [...map.values()].sort((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1))

/** The counts that are kept are those that are counted. RFC 8621 §2. */
function checkCounts({ Mailbox, Email }: Record<Type, Map<string, Json>>): void {
  for (const [id, mailbox] of Mailbox) {
    const inside = [...Email.values()].filter(({ mailboxIds }) => Object.hasOwn(mailboxIds as Json, id))
    const unread = inside.filter(({ keywords }) => !Object.hasOwn(keywords as Json, '$seen') && !Object.hasOwn(keywords as Json, '$draft'))
    const threads = (emails: Json[]): number => new Set(emails.map(({ threadId }) => threadId)).size
    const { totalEmails, unreadEmails, totalThreads, unreadThreads } = mailbox
    assert.deepEqual(
      { totalEmails, unreadEmails, totalThreads, unreadThreads },
      { totalEmails: inside.length, unreadEmails: unread.length, totalThreads: threads(inside), unreadThreads: threads(unread) },
    )
  }
}

async function run(reader: MailReader, steps: readonly Step[]): Promise<void> {
  const copy = await openCopy(reader)
  const subjects: string[] = []
  const pick = <T>(all: readonly T[], numbers: readonly number[]): T[] =>
    all.length === 0 ? [] : [...new Set(numbers.map((number) => all[number % all.length] as T))]
  for (const one of steps) {
    const emails = [...((await reader.call('Email/query'))['ids'] as string[])].sort()
    const mailboxes = ((await reader.call('Mailbox/get', { ids: null, properties: ['role'] }))['list'] as Json[]).map(({ id }) => id as string).sort()
    const set = (args: Json): Promise<Json> => reader.call('Email/set', args)
    const change = (ids: readonly string[], patch: Json): Promise<Json> => set({ update: Object.fromEntries(ids.map((id) => [id, patch])) })
    switch (one.act) {
      case 'arrive': {
        const number = subjects.push(`s${subjects.length}`) - 1
        const first = one.answerTo < number ? one.answerTo : undefined
        const content = letter({
          subject: first === undefined ? `Thread ${number}` : `Re: Thread ${first}`,
          messageId: `${reader.accountId}-${number}@example.org`,
          ...(first === undefined ? {} : { inReplyTo: `${reader.accountId}-${first}@example.org` }),
        })
        const receivedAt = new Date(Date.UTC(2026, 8, 7) - one.ageMinutes * 60_000)
        await reader.file(pick(mailboxes, one.mailboxes), content, { receivedAt })
        break
      }
      case 'flag':
        await change(pick(emails, one.emails), { [`keywords/${one.keyword}`]: one.on ? true : null })
        break
      case 'move':
        await change(pick(emails, one.emails), { mailboxIds: Object.fromEntries(pick(mailboxes, one.mailboxes).map((id) => [id, true])) })
        break
      case 'destroy':
        await set({ destroy: pick(emails, one.emails) })
        break
      case 'addMailbox':
        await reader.call('Mailbox/set', { create: { x: { name: `Box ${mailboxes.length} ${subjects.push('')}`, parentId: pick(mailboxes, [one.parent])[0] } } })
        break
      case 'renameMailbox':
        await reader.call('Mailbox/set', { update: { [pick(mailboxes, [one.mailbox])[0] as string]: { name: `Name ${subjects.push('')}` } } })
        break
      case 'dropMailbox':
        await reader.call('Mailbox/set', { destroy: pick(mailboxes, [one.mailbox]), onDestroyRemoveEmails: true })
        break
      case 'sync':
        await copy.sync(one.most)
    }
  }
  await copy.sync(3)
}

test('a copy that follows the changes is what the server has, whatever happens', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 45 }), async (steps) => run(await openMailReader(server), steps))
  await fc.assert(property, { numRuns: 12 })
})
