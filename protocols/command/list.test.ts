import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { updateRecord } from '#items'
import { followLink, loadList, MEMBER, readMembers } from '#mail/lists'
import { listQueue, showOwnLetter } from '#mail/outbound'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import { EXIT } from './command.ts'
import { listCommands } from './list.ts'

const servesNothing = (): Promise<never> => Promise.reject(new Error('nothing is served here'))
const { config } = await testDatabase()
const storage = await openTestStorage({ after })

/** Names of options stand in the line as `--from=members`. */
async function run(line: string): Promise<{ code: number; text: string; value: unknown }> {
  const command = listCommands.find(({ name }) => line.startsWith(`${name} `) || line === name)
  assert.ok(command)
  const given = line.slice(command.name.length).split(' ').filter(Boolean)
  const [options, positionals] = [
    given.filter((one) => one.startsWith('--')),
    given.filter((one) => !one.startsWith('--')),
  ]
  let printed = { text: '', value: undefined as unknown }
  const code = await command.run({
    positionals,
    options: Object.fromEntries(options.map((one) => one.slice(2).split('='))) as Record<string, string>,
    log: silent,
    program: { parts: [], serve: servesNothing, serveDesk: servesNothing },
    print: (value, asText) => (printed = { text: asText(), value }),
    noteLook: async () => undefined,
    withStorage: (work) => work(storage, { ...config, lists: { ...config.lists, maxMembers: 4 } }),
  })
  return { code, ...printed }
}

let number = 0

/** A list of somebody new, made by the command. */
async function newList(options = ''): Promise<{ address: string; owner: string }> {
  const owner = (await addPerson(storage)).address
  const address = `choir-${++number}@zegel.test`
  assert.equal((await run(`list create ${address} --owner=${owner} --name=Chor ${options}`)).code, EXIT.ok)
  return { address, owner }
}

test('a list is made for an account, shown among all, and removed', async () => {
  const owner = (await addPerson(storage)).address
  const made = await run(`list create Garden@Zegel.test --owner=${owner} --name=Garten`)
  assert.deepEqual(
    [made.text, made.value],
    ['Made the list garden@zegel.test.', { address: 'garden@zegel.test', posting: 'members' }],
  )
  const news = await newList('--from=owner')
  const all = (await run('list show')).text.split('\n')
  assert.ok(all.includes('garden@zegel.test  its members may write to it'))
  assert.ok(all.includes(`${news.address}  its owner may write to it`))
  const talk = await newList('--from=moderated')
  assert.match(
    (await run(`list show ${talk.address}`)).text,
    /: its members may write to it; what others write waits for its owner$/,
  )
  assert.equal((await run('list remove garden@zegel.test')).text, 'Removed the list garden@zegel.test.')
  assert.doesNotMatch((await run('list show')).text, /garden@/)
  await assert.rejects(run('list show garden@zegel.test'), { reason: 'addressUnknown' })
})

test('who is served here is a member at once, everybody else is asked, and each is taken off by their address', async () => {
  const { address } = await newList()
  const inside = (await addPerson(storage)).address
  const added = await run(`list add ${address} ${inside} bea@outside.example`)
  assert.equal(added.text, `${inside} is a member.\nbea@outside.example was asked by a letter.`)
  const asked = (await listQueue(storage)).filter(({ destinations }) => destinations.includes('outside.example'))
  assert.equal(asked.length, 1)
  assert.match((await showOwnLetter(storage, asked[0]?.id ?? 0)).text, /\/list\?join=/)
  assert.equal((await run(`list add ${address} ${inside}`)).text, `${inside} was a member before.`)
  assert.equal(
    (await run(`list show ${address}`)).text,
    [`Chor <${address}>: its members may write to it`, inside, 'bea@outside.example  was asked'].join('\n'),
  )
  assert.equal((await run(`list remove ${address} ${inside}`)).text, `${inside} is not on it any more.`)
  assert.equal((await run(`list remove ${address} Bea@outside.example`)).code, EXIT.ok)
  await assert.rejects(run(`list remove ${address} bea@outside.example`), { reason: 'addressUnknown' })
  assert.deepEqual((await run(`list show ${address}`)).value, {
    address,
    name: 'Chor',
    posting: 'members',
    members: [],
    invited: [],
  })
})

test('whoever said yes is a member, and it says of one to whom nothing goes that too much came back', async () => {
  const { address } = await newList()
  await run(`list add ${address} cem@yes.example`)
  const asked = (await listQueue(storage)).find(({ destinations }) => destinations.includes('yes.example'))
  const [, link = ''] = /join=(\S+)/.exec((await showOwnLetter(storage, asked?.id ?? 0)).text) ?? []
  assert.ok(await followLink(storage, 'join', link))
  assert.match((await run(`list show ${address}`)).text, /^cem@yes\.example$/m)
  const list = await loadList(storage, address)
  const [member] = await readMembers(list)
  assert.ok(member)
  const { id, since: _, ...value } = member
  await list.account.write((tx) => updateRecord(tx, MEMBER, id, { value: { ...value, failures: 5, isPaused: true } }))
  assert.match((await run(`list show ${address}`)).text, /^cem@yes\.example {2}gets nothing: too much came back$/m)
})

const refused: [what: string, line: (own: { address: string; owner: string }) => string, reason: string][] = [
  [
    'no member more than the setting allows',
    ({ address }) => `list add ${address} a@x.example b@x.example c@x.example d@x.example e@x.example`,
    'tooManyRecipients',
  ],
  ['what is no address', ({ address }) => `list add ${address} nobody`, 'invalid'],
  [
    'a second list of one address',
    ({ address, owner }) => `list create ${address} --owner=${owner} --name=x`,
    'exists',
  ],
  ['an address of an account', ({ owner }) => `list create ${owner} --owner=${owner} --name=x`, 'exists'],
  [
    'a domain that is not served',
    ({ owner }) => `list create x@foreign.example --owner=${owner} --name=x`,
    'domainUnknown',
  ],
  ['an owner who is nobody', () => 'list create x@zegel.test --owner=nobody@zegel.test --name=x', 'addressUnknown'],
  ['a list that is none', () => 'list add none@zegel.test bea@outside.example', 'addressUnknown'],
]
for (const [what, line, reason] of refused)
  test(`refused: ${what}`, async () => {
    const own = await newList()
    const before = (await run('list show')).text
    await assert.rejects(run(line(own)), { reason })
    assert.equal((await run('list show')).text, before)
    assert.deepEqual((await run(`list show ${own.address}`)).value, {
      address: own.address,
      name: 'Chor',
      posting: 'members',
      members: [],
      invited: [],
    })
  })

test('without an owner, or for a posting that there is not, it says how it is called', async (t) => {
  t.mock.method(process.stderr, 'write', () => true)
  for (const line of ['list create x@zegel.test --name=x', 'list create x@zegel.test --owner=a@b --name=x --from=all'])
    assert.equal((await run(line)).code, EXIT.usage)
})
