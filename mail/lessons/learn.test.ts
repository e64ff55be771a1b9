import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  copyItems,
  expungeItems,
  findFolderByRole,
  FLAG,
  flagItems,
  moveItems,
  updateItems,
  type FlagChange,
} from '#items'
import { addMessage, createStandardMailboxes, destroyMessages, MAIL, prepareMessage, updateMessages } from '#mail'
import { featuresOf, judgeWords, keyedFeatures, loadTraining } from '#mail/antispam'
import type { Storage } from '#storage'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import { learnNext, startLearning } from './index.ts'

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})

type Role = 'inbox' | 'junk' | 'trash' | 'archive'

const NOTHING: FlagChange = { set: 0, clear: 0, add: [], remove: [], replace: false, isDeleted: undefined }

/** Somebody with mailboxes, and what mail programs do in them by each protocol. */
async function openMailbox() {
  const account = await storage.openAccount((await addPerson(storage, {}, createStandardMailboxes)).id)
  const folder = async (role: Role): Promise<number> => (await findFolderByRole(account, MAIL, role)) as number
  const uidIn = async (item: number, role: Role): Promise<number> => {
    const { rows } = await account.sql<{ uid: number }>`
      select uid from placement
      where account_id = ${account.id} and item_id = ${item} and folder_id = ${await folder(role)}`
    return (rows[0] as { uid: number }).uid
  }
  const copying = async (item: number, from: Role, to: Role) => ({
    fromId: await folder(from),
    toId: await folder(to),
    uids: [await uidIn(item, from)],
    mustAllBeThere: true,
  })
  return {
    account,
    learn: async (most?: number): Promise<void> => {
      while (!(await learnNext(storage, account.id, most)).isDone);
    },
    async learnt(): Promise<[junk: number, good: number]> {
      const { junk, good } = (await loadTraining(account)).letters
      return [junk, good]
    },
    async file(role: Role, content = letter()): Promise<number> {
      const message = await prepareMessage(account, content)
      const filing = { mailboxes: [await folder(role)], keywords: [], receivedAt: new Date() }
      return (await account.write((tx) => addMessage(tx, message, filing))).id
    },
    /** Email/set. */
    set: async (item: number, ...roles: Role[]): Promise<void> => {
      const to = await Promise.all(roles.map(folder))
      await account.write((tx) => updateMessages(tx, new Map([[item, { mailboxes: { to } }]])))
    },
    destroy: (item: number) => account.write((tx) => destroyMessages(tx, [item])),
    move: async (item: number, from: Role, to: Role): Promise<void> => {
      const how = await copying(item, from, to)
      await account.write((tx) => moveItems(tx, MAIL, how))
    },
    copy: async (item: number, from: Role, to: Role): Promise<void> => {
      const how = await copying(item, from, to)
      await account.write((tx) => copyItems(tx, MAIL, how))
    },
    expunge: async (item: number, role: Role): Promise<void> => {
      const [at, uid] = [await folder(role), await uidIn(item, role)]
      await account.write((tx) => expungeItems(tx, MAIL, at, [uid], { onlyMarked: false }))
    },
    store: async (item: number, role: Role, change: Partial<FlagChange>): Promise<void> => {
      const at = await folder(role)
      await account.write((tx) => flagItems(tx, MAIL, at, [item], { ...NOTHING, ...change }))
    },
  }
}

type Mailbox = Awaited<ReturnType<typeof openMailbox>>

const deeds: [
  deed: string,
  begins: Role,
  act: (box: Mailbox, item: number) => Promise<unknown>,
  learnt: [junk: number, good: number],
][] = [
  ['that arrives in Junk', 'junk', async () => undefined, [0, 0]],
  ['that Email/set moves to Junk', 'inbox', (box, id) => box.set(id, 'junk'), [1, 0]],
  ['that MOVE moves to Junk', 'inbox', (box, id) => box.move(id, 'inbox', 'junk'), [1, 0]],
  [
    'that COPY and EXPUNGE move to Junk, a while apart',
    'inbox',
    async (box, id) => {
      await box.copy(id, 'inbox', 'junk')
      await box.learn()
      await box.expunge(id, 'inbox')
    },
    [1, 0],
  ],
  ['that Email/set moves out of Junk', 'junk', (box, id) => box.set(id, 'inbox'), [0, 1]],
  ['that MOVE moves out of Junk', 'junk', (box, id) => box.move(id, 'junk', 'archive'), [0, 1]],
  [
    'that COPY and EXPUNGE move out of Junk, a while apart',
    'junk',
    async (box, id) => {
      await box.copy(id, 'junk', 'inbox')
      await box.learn()
      await box.expunge(id, 'junk')
    },
    [0, 1],
  ],
  ['that goes from Junk to Trash', 'junk', (box, id) => box.move(id, 'junk', 'trash'), [0, 0]],
  ['that is destroyed in Junk', 'junk', (box, id) => box.destroy(id), [0, 0]],
  ['that is expunged from Junk', 'junk', (box, id) => box.expunge(id, 'junk'), [0, 0]],
  [
    'that is read and marked as deleted in Junk',
    'junk',
    (box, id) => box.store(id, 'junk', { set: FLAG.seen, isDeleted: true }),
    [0, 0],
  ],
  ['that goes to Trash', 'inbox', (box, id) => box.move(id, 'inbox', 'trash'), [0, 0]],
  ['that goes from Trash to Junk', 'trash', (box, id) => box.move(id, 'trash', 'junk'), [1, 0]],
  ['that STORE marks as junk', 'inbox', (box, id) => box.store(id, 'inbox', { add: ['$junk'] }), [1, 0]],
  ['that STORE marks as no junk', 'junk', (box, id) => box.store(id, 'junk', { add: ['$notjunk'] }), [0, 1]],
  ['that is marked as both', 'inbox', (box, id) => box.store(id, 'inbox', { add: ['$junk', '$notjunk'] }), [0, 0]],
  [
    'that is marked as junk and destroyed at once',
    'inbox',
    async (box, id) => {
      await box.store(id, 'inbox', { add: ['$junk'] })
      await box.destroy(id)
    },
    [1, 0],
  ],
  [
    'that is marked as junk and moved there too',
    'inbox',
    async (box, id) => {
      await box.store(id, 'inbox', { add: ['$junk'] })
      await box.learn()
      await box.move(id, 'inbox', 'junk')
    },
    [1, 0],
  ],
  ['that is answered', 'inbox', (box, id) => box.store(id, 'inbox', { set: FLAG.answered }), [0, 1]],
  ['that is answered in Junk', 'junk', (box, id) => box.store(id, 'junk', { set: FLAG.answered }), [0, 0]],
  [
    'that is moved to Junk and, later, back',
    'inbox',
    async (box, id) => {
      await box.move(id, 'inbox', 'junk')
      await box.learn()
      await box.move(id, 'junk', 'inbox')
    },
    [0, 1],
  ],
  [
    'that is marked as junk, moved back by another program that leaves the mark, and read',
    'inbox',
    async (box, id) => {
      await box.store(id, 'inbox', { add: ['$junk'] })
      await box.move(id, 'inbox', 'junk')
      await box.learn()
      await box.move(id, 'junk', 'inbox')
      await box.learn()
      await box.store(id, 'inbox', { set: FLAG.seen })
    },
    [0, 1],
  ],
  [
    'that is moved to Junk, marked as no junk there, and read',
    'inbox',
    async (box, id) => {
      await box.copy(id, 'inbox', 'junk')
      await box.learn()
      await box.store(id, 'junk', { add: ['$notjunk'] })
      await box.learn()
      await box.store(id, 'inbox', { set: FLAG.seen })
    },
    [0, 1],
  ],
  [
    'that is marked, unmarked and marked again',
    'inbox',
    async (box, id) => {
      for (const change of [{ add: ['$junk'] }, { remove: ['$junk'] }, { add: ['$junk'] }]) {
        await box.store(id, 'inbox', change)
        await box.learn()
      }
    },
    [1, 0],
  ],
  [
    'that is moved to Junk and copied within it',
    'inbox',
    async (box, id) => {
      await box.store(id, 'inbox', { add: ['$junk'] })
      await box.move(id, 'inbox', 'junk')
      await box.learn()
      await box.copy(id, 'junk', 'junk')
    },
    [1, 0],
  ],
]
for (const [deed, begins, act, learnt] of deeds)
  test(`a letter ${deed} is learnt as ${learnt[0] > 0 ? 'junk' : learnt[1] > 0 ? 'good' : 'nothing'}`, async () => {
    const box = await openMailbox()
    const id = await box.file(begins)
    await box.learn()
    await act(box, id)
    await box.learn()
    await box.learn()
    assert.deepEqual(await box.learnt(), learnt)
  })

test('what happens before the first look is learnt too', async () => {
  const box = await openMailbox()
  await box.move(await box.file('inbox'), 'inbox', 'junk')
  await box.move(await box.file('junk'), 'junk', 'inbox')
  await box.file('junk')
  await box.learn()
  assert.deepEqual(await box.learnt(), [1, 1])
})

test('the opposite unlearns first: nothing is left of what was taught before', async () => {
  const box = await openMailbox()
  const id = await box.file('inbox', letter({ text: 'marmalade of quinces' }))
  await box.move(id, 'inbox', 'junk')
  await box.learn()
  const before = await loadTraining(box.account)
  assert.ok(before.junk.every((count) => count === 1) && before.good.every((count) => count === 0))
  await box.move(id, 'junk', 'inbox')
  await box.learn()
  const afterwards = await loadTraining(box.account)
  assert.deepEqual(afterwards.features, before.features)
  assert.ok(afterwards.junk.every((count) => count === 0) && afterwards.good.every((count) => count === 1))
})

const offer = (count: number): Buffer =>
  letter({
    from: 'Lotte <lotte@angebote.example>',
    subject: 'Kredit',
    text: `Sofort Geld ohne Auskunft, Nummer k${count}x`,
  })
const note = (count: number): Buffer =>
  letter({ from: 'Bea <bea@example.org>', subject: 'Garten', text: `Die Tulpen blühen im Garten, Beet b${count}x` })

test('what one account teaches counts for it alone, under hashes of its own, and stands nowhere readable', async () => {
  const [anna, carl] = [await openMailbox(), await openMailbox()]
  for (let count = 0; count < 12; count++) {
    await anna.move(await anna.file('inbox', offer(count)), 'inbox', 'junk')
    await anna.move(await anna.file('junk', note(count)), 'junk', 'inbox')
  }
  await anna.learn()
  await carl.file('inbox', offer(0))
  await carl.learn()
  const [ofOffer, ofNote] = [featuresOf(offer(99)), featuresOf(note(99))]
  assert.ok((await judgeWords(anna.account, ofOffer)) > 0.9)
  assert.ok((await judgeWords(anna.account, ofNote)) < 0.1)
  const ofCarl = await judgeWords(carl.account, ofOffer)
  assert.ok(ofCarl > 0.1 && ofCarl < 0.9)

  const [annas, carls] = [keyedFeatures(anna.account, ofOffer), keyedFeatures(carl.account, ofOffer)]
  assert.deepEqual(
    annas.filter((feature) => carls.includes(feature) || ofOffer.includes(feature)),
    new Uint32Array(),
  )
  const { rows } = await anna.account.sql<{ sealed: Buffer }>`
    select sealed from spam_training where account_id = ${anna.account.id}`
  const sealed = rows[0]?.sealed as Buffer
  const { features } = await loadTraining(anna.account)
  assert.ok(features.length > 0 && sealed.length > features.length * 10)
  assert.ok(!sealed.includes(Buffer.from(features.slice(0, 2).buffer)), 'not even the hashes')
  assert.throws(() => carl.account.open('spam_training', carl.account.id, sealed), { name: 'SealBroken' })
})

test('the receiver judges by what was taught, at once when it changes', async (t) => {
  const anna = await openMailbox()
  const receiver = await (await openTestStorage(t, 'zegel_receiver')).openAccount(anna.account.id)
  const features = featuresOf(offer(99))
  const untaught = await judgeWords(receiver, features)
  for (let count = 0; count < 12; count++) {
    await anna.move(await anna.file('inbox', offer(count)), 'inbox', 'junk')
    await anna.move(await anna.file('junk', note(count)), 'junk', 'inbox')
  }
  await anna.learn()
  assert.ok((await judgeWords(receiver, features)) > untaught)
})

test('what was taught and is damaged keeps no letter out, and the next lesson replaces it', async () => {
  const box = await openMailbox()
  await box.set(await box.file('inbox'), 'junk')
  await box.learn()
  await box.account.sql`
    update spam_training set lessons = 99, sealed = 'damaged' where account_id = ${box.account.id}`
  assert.equal(typeof (await judgeWords(box.account, featuresOf(offer(99)))), 'number')
  await box.set(await box.file('junk'), 'inbox')
  await box.learn()
  assert.deepEqual(await box.learnt(), [0, 1])
})

test('many letters, of one transaction and of many, are learnt once each, by several learners at a time', async () => {
  const box = await openMailbox()
  const ids: number[] = []
  for (let count = 0; count < 70; count++) ids.push(await box.file('inbox'))
  const junk = (await findFolderByRole(box.account, MAIL, 'junk')) as number
  await box.account.write((tx) => updateItems(tx, MAIL, ids.slice(0, 60), () => ({ folders: [junk] })))
  for (const id of ids.slice(60)) await box.set(id, 'junk')
  await Promise.all([box.learn(7), box.learn(3), box.learn()])
  await box.learn()
  assert.deepEqual(await box.learnt(), [70, 0])
})

test('a letter whose content is gone teaches nothing, and does not hold up the others', async () => {
  const box = await openMailbox()
  const gone = await box.file('inbox')
  await box.account.sql`update blob set content = '\\x00' where account_id = ${box.account.id}`
  await box.set(gone, 'junk')
  await box.set(await box.file('inbox'), 'junk')
  await box.learn()
  assert.deepEqual(await box.learnt(), [1, 0])
})

test('a learner that is killed in the middle has learnt each letter once, or not yet', async () => {
  const box = await openMailbox()
  for (let count = 0; count < 60; count++) await box.set(await box.file('inbox'), 'junk')
  const { config, url } = await testDatabase()
  const script = `
    import { learnNext } from '#mail/lessons'
    import { openStorage } from '#storage'
    import { openLog } from '#system'
    const { config, url, id } = JSON.parse(process.env.LESSONS_TEST)
    const storage = await openStorage(config, url, 'zegel_app', openLog('silent'))
    for (let isDone = false; !isDone;) {
      isDone = (await learnNext(storage, id, 5)).isDone
      process.stdout.write('.')
    }
    await storage.close()`
  for (const batches of [1, 3]) {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      cwd: new URL('../..', import.meta.url),
      env: { ...process.env, LESSONS_TEST: JSON.stringify({ config, url, id: box.account.id }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    let seen = 0
    await new Promise((resolve) => {
      child.stdout.on('data', (data: Buffer) => {
        seen += data.length
        if (seen >= batches) resolve(undefined)
      })
      child.once('exit', resolve)
    })
    child.kill('SIGKILL')
    await ended
  }
  await box.learn()
  assert.deepEqual(await box.learnt(), [60, 0])
})

test('what is done is learnt by itself, while the part runs and what was done before', async (t) => {
  const box = await openMailbox()
  await box.set(await box.file('inbox'), 'junk')
  const learning = startLearning({ storage, log: silent })
  t.after(() => learning.stop())
  const until = async (junk: number): Promise<void> => {
    while ((await box.learnt())[0] !== junk) await sleep(20)
  }
  await until(1)
  await box.set(await box.file('inbox'), 'junk')
  await until(2)
})
