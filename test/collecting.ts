import assert from 'node:assert/strict'
import { now } from '#system'
import { changeCollection, readCollections, type Collection } from '#transfer'
import type { MailReader } from './letters.ts'
import { until } from './until.ts'

/** A collection as it is now. */
export async function collectionOf({ account }: Pick<MailReader, 'account'>, id: number): Promise<Collection> {
  const [found] = await readCollections(account, [id])
  return found ?? assert.fail('it is not there')
}

/** Waits until what is due was tried; gives how it stands then. */
export async function tried(reader: Pick<MailReader, 'account'>, id: number): Promise<Collection> {
  let found = await collectionOf(reader, id)
  await until('it was tried', async () => {
    found = await collectionOf(reader, id)
    return !found.isRunning && (found.dueAt === undefined || found.dueAt > now())
  })
  return found
}

/** Has it collected now; gives how it stands then. */
export async function collectNow(reader: Pick<MailReader, 'account'>, id: number): Promise<Collection> {
  await changeCollection(reader.account, id, { isDueNow: true })
  return tried(reader, id)
}

/** Where letters lie: folder, subject and keywords, in no order. */
export async function filedIn({ call }: Pick<MailReader, 'call'>): Promise<string[]> {
  const { list: folders } = await call('Mailbox/get', { properties: ['name', 'parentId'] })
  const { ids } = await call('Email/query', {})
  const { list } = await call('Email/get', { ids, properties: ['mailboxIds', 'keywords', 'subject'] })
  const known = new Map(
    (folders as { id: string; name: string; parentId: string | null }[]).map((one) => [one.id, one]),
  )
  const pathOf = (id: string): string => {
    const { name, parentId } = known.get(id) ?? assert.fail()
    return parentId === null ? name : `${pathOf(parentId)}/${name}`
  }
  return (list as { mailboxIds: object; keywords: object; subject: string }[])
    .map(({ mailboxIds, keywords, subject }) => {
      const where = Object.keys(mailboxIds).map(pathOf).toSorted().join('+')
      return `${where}: ${subject} ${Object.keys(keywords).toSorted().join(' ')}`.trim()
    })
    .toSorted()
}
