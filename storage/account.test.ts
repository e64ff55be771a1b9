import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { Refusal } from '#system'
import { openStorage, type Gathering, type OpenAccount } from '#storage'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'

const storage = await openTestStorage({ after })
const { config, url } = await testDatabase()

const newAccount = async (): Promise<OpenAccount> => storage.openAccount((await addPerson(storage)).id)

const number = async (account: OpenAccount): Promise<number> =>
  (await account.sql<{ change: number }>`select change from account where account_id = ${account.id}`).rows[0]
    ?.change as number

test('writes that arrive together share a change number, and each gets its own answer', async () => {
  const account = await newAccount()
  const changes = await Promise.all(
    Array.from({ length: 20 }, (_, i) => account.write(async ({ change }) => `${i}:${change}`)),
  )
  assert.equal(changes.length, new Set(changes).size)
  assert.ok((await number(account)) <= 3, 'twenty writes in at most three transactions')
})

test('a write that is refused changes nothing and does not hurt those beside it', async () => {
  const account = await newAccount()
  const add = (name: string, isBad = false) =>
    account.write(async (tx) => {
      await tx.sql`insert into keyword (account_id, number, name, name_key) values (${account.id}, ${name.length}, ${account.seal('keyword', 1, name)}, ${account.lookupKey('keyword', name)})`
      if (isBad) throw new Refusal('invalid')
    })
  const outcomes = await Promise.allSettled([add('a'), add('bb', true), add('ccc')])
  assert.deepEqual(
    outcomes.map((o) => o.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  const { rows } = await account.sql`select number from keyword where account_id = ${account.id} order by number`
  assert.deepEqual(rows, [{ number: 1 }, { number: 3 }])
})

test('a statement that fails unheard does not pass for a commit', async () => {
  const account = await newAccount()
  const before = await number(account)
  await assert.rejects(
    account.write(async (tx) => {
      tx.sql`select 1 / 0`.catch(() => undefined)
    }),
  )
  assert.equal(await number(account), before)
})

test('what is gathered is settled once for a whole group', async () => {
  const account = await newAccount()
  let settled = 0
  const gathering: Gathering<string[]> = {
    start: () => [],
    settle: (_tx, gathered) => [void (settled += gathered.length > 0 ? 1 : 0)] as never,
  }
  await account.write(async () => undefined)
  await Promise.all(['a', 'b', 'c'].map((name) => account.write(async (tx) => void tx.gather(gathering).push(name))))
  assert.ok(settled <= 2)
})

test('listeners of the same and of another process hear of a change', async (t) => {
  const account = await newAccount()
  const other = await openStorage(config, url, 'zegel_app', silent)
  t.after(() => other.close())
  const elsewhere = await other.openAccount(account.id)
  const heard = Promise.withResolvers<number>()
  t.after(elsewhere.listen((change) => heard.resolve(change)))
  const here: number[] = []
  t.after(account.listen((change) => here.push(change)))
  const change = await account.write(async (tx) => tx.change)
  assert.deepEqual(here, [change], 'at once')
  assert.equal(await heard.promise, change)
})

test('two processes writing to one account never give a number twice', async (t) => {
  const account = await newAccount()
  const other = await openStorage(config, url, 'zegel_app', silent)
  t.after(() => other.close())
  const elsewhere = await other.openAccount(account.id)
  const numbers: number[] = []
  for (let i = 0; i < 15; i++)
    numbers.push(
      ...(await Promise.all([account.write(async (tx) => tx.change), elsewhere.write(async (tx) => tx.change)])),
    )
  assert.equal(new Set(numbers).size, 30)
})

test('a closed account takes no writes', async () => {
  const account = await newAccount()
  await account.sql`update account set state = 'closed' where account_id = ${account.id}`
  await assert.rejects(
    account.write(async () => undefined),
    { reason: 'notFound' },
  )
})
