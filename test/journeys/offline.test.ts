/** Without a line: what was read last is there, what is done waits, and nothing is left for others. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openJmapClient } from '../jmap.ts'
import { startServer } from '../server.ts'
import { closeWhenKept, keepsWhatIsShown } from './device.ts'
import { sendAll } from './letters.ts'
import { checkLooks } from './looks.ts'
import { addGermanPerson, openInbox, openVisit, seen, signIn } from './person.ts'

const server = await startServer({ after })

const row = (page: Page, subject: string) => page.getByRole('row').filter({ hasText: subject })

/** What the browser keeps of us: databases, caches, workers. */
const kept = (page: Page): Promise<{ databases: number; caches: number; workers: number }> =>
  page.evaluate(async () => ({
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }))

/** Waits until the list shows the letter, and the device has it. */
async function keeps(page: Page, subject: string): Promise<void> {
  await row(page, subject).waitFor()
  await keepsWhatIsShown(page)
}

test('without a line the app opens, shows what was read, and sends what was done when the line is back', async (t) => {
  const { page, person, browser } = await openInbox(t, server, 'klara')
  await sendAll(server.smtp, person.address, [
    { subject: 'Apfelernte', text: 'Am Samstag im Garten.' },
    { subject: 'Birnenmost', text: 'Die Presse ist bestellt.' },
    { subject: 'Chutney' },
  ])
  // The last to come moves the others.
  await row(page, 'Chutney').waitFor()
  await row(page, 'Birnenmost').click()
  const letter = page.getByRole('article', { name: 'Brief' })
  await letter.getByText('Die Presse ist bestellt.').waitFor()
  await page.getByText(/^Alles gespeichert/).waitFor()
  await keeps(page, 'Chutney')
  // Nothing of it can be read by whoever looks at the disk.
  const raw = await page.evaluate(async () => {
    const open = indexedDB.open('zegel')
    const db = await new Promise<IDBDatabase>((resolve) => (open.onsuccess = () => resolve(open.result)))
    const all = await new Promise<{ sealed: ArrayBuffer }[]>((resolve) => {
      const request = db.transaction('letters').objectStore('letters').getAll()
      request.onsuccess = () => resolve(request.result as { sealed: ArrayBuffer }[])
    })
    db.close()
    return all.map(({ sealed }) => new TextDecoder('latin1').decode(sealed)).join()
  })
  assert.ok(raw.length > 0)
  assert.doesNotMatch(raw, /Presse|bestellt/)

  await browser.setOffline(true)
  await page.reload()
  await letter.getByText('Die Presse ist bestellt.').waitFor()
  await page.getByText('Offline').filter({ visible: true }).first().waitFor()
  await checkLooks(page, 'the app without a line')
  await row(page, 'Apfelernte').click()
  await letter
    .getByRole('heading', { name: /Server antwortet nicht|Apfelernte/ })
    .first()
    .waitFor()
  await page.keyboard.press('s')
  await page.keyboard.press('e')
  await row(page, 'Apfelernte').waitFor({ state: 'detached' })
  await page.getByText(/^Offline, \d Änderungen warten/).waitFor()

  await browser.setOffline(false)
  await page.getByText(/^Alles gespeichert/).waitFor({ timeout: 60_000 })
  const jmap = await openJmapClient(server, person)
  const { ids } = await jmap.call('Email/query', { filter: { subject: 'Apfelernte', hasKeyword: '$flagged' } })
  assert.equal((ids as string[]).length, 1)
  assert.equal(await row(page, 'Apfelernte').count(), 0)
  await sendAll(server.smtp, person.address, [{ subject: 'Dörrobst' }])
  await row(page, 'Dörrobst').waitFor()
})

test('what was done without a line is sent at the next start, though the app was closed meanwhile', async (t) => {
  const { page, person, browser } = await openInbox(t, server, 'berta')
  const subjects = ['Apfelernte', 'Birnenmost', 'Chutney', 'Dörrobst']
  await sendAll(
    server.smtp,
    person.address,
    subjects.map((subject) => ({ subject })),
  )
  await keeps(page, 'Dörrobst')
  const jmap = await openJmapClient(server, person)
  const { list: boxes } = await jmap.call('Mailbox/get', { ids: null })
  const idOf = (role: string): string => (boxes as { id: string; role: string }[]).find((box) => box.role === role)!.id
  const idsOf = async (filter: object): Promise<string[]> =>
    (await jmap.call('Email/query', { filter }))['ids'] as string[]

  await browser.setOffline(true)
  await row(page, 'Apfelernte').getByRole('button', { name: 'Stern' }).click()
  await row(page, 'Birnenmost').click()
  await page.keyboard.press('e')
  await row(page, 'Birnenmost').waitFor({ state: 'detached' })
  await row(page, 'Chutney').getByRole('button', { name: 'Stern' }).click()
  await row(page, 'Dörrobst').getByRole('button', { name: 'Stern' }).click()
  // Until then undoing is still offered for the act before.
  await page.getByText('Offline, 4 Änderungen warten').waitFor()
  await page.getByRole('button', { name: /Rückgängig/ }).click()
  await page.getByText(/^Offline, \d Änderungen warten/).waitFor()
  await closeWhenKept(page)
  // Meanwhile one of the letters is destroyed elsewhere.
  const [chutney] = await idsOf({ subject: 'Chutney' })
  await jmap.call('Email/set', { destroy: [chutney] })

  // Still without a line, what was done is seen to be done. The page is closed again when it has written that down once.
  const second = await browser.newPage()
  await second.addInitScript(() => {
    const { put } = IDBObjectStore.prototype
    let hasWritten = false
    IDBObjectStore.prototype.put = function (value, key) {
      const name = 'acts'
      if ((value as { name?: string }).name !== name) return put.call(this, value, key)
      const request = hasWritten ? this.get(name) : put.call(this, value, key)
      hasWritten = true
      return request as IDBRequest<IDBValidKey>
    }
  })
  await second.goto(`${server.http}/app/`)
  await row(second, 'Apfelernte').getByRole('button', { name: 'Stern', pressed: true }).waitFor()
  assert.equal(await row(second, 'Birnenmost').count(), 0)
  await second.getByText(/^Offline, \d Änderungen warten/).waitFor()
  await second.close()

  await browser.setOffline(false)
  const third = await browser.newPage()
  await third.goto(`${server.http}/app/`)
  await third.getByText('1 Änderung von vorhin ging ins Leere').first().waitFor()
  await row(third, 'Apfelernte').getByRole('button', { name: 'Stern', pressed: true }).waitFor()
  assert.equal(await row(third, 'Birnenmost').count(), 0)
  assert.equal(await row(third, 'Chutney').count(), 0)
  await third.getByText(/^Alles gespeichert/).waitFor()
  assert.equal((await idsOf({ subject: 'Birnenmost', inMailbox: idOf('archive') })).length, 1)
  assert.equal((await idsOf({ hasKeyword: '$flagged' })).length, 1, 'what was undone stays undone')

  // They are sent once: what is done elsewhere from now on stays.
  const [apple] = await idsOf({ subject: 'Apfelernte' })
  await jmap.call('Email/set', { update: { [String(apple)]: { 'keywords/$flagged': null } } })
  await third.reload()
  await row(third, 'Apfelernte').getByRole('button', { name: 'Stern', pressed: false }).waitFor()
  assert.equal((await idsOf({ hasKeyword: '$flagged' })).length, 0)
})

test('whoever signs out leaves nothing on the device', async (t) => {
  const { page, person } = await openInbox(t, server, 'anna')
  await sendAll(server.smtp, person.address, [{ subject: 'Apfelernte' }])
  await keeps(page, 'Apfelernte')
  await page.getByRole('button', { name: `${person.address}, Konto` }).click()
  await page.getByRole('menuitem', { name: 'Abmelden' }).click()
  await page.waitForURL(`${server.http}/de/sign-in`)
  assert.deepEqual(await kept(page), { databases: 0, caches: 0, workers: 0 })
})

test('a session that is ended from elsewhere takes what was kept with it', async (t) => {
  const { page, person } = await openInbox(t, server, 'emma')
  await sendAll(server.smtp, person.address, [{ subject: 'Apfelernte' }])
  await keeps(page, 'Apfelernte')
  const jmap = await openJmapClient(server, person)
  const { list } = await jmap.call('SignIn/get', { ids: null })
  const cookies = (list as { id: string; kind: string }[]).filter(({ kind }) => kind === 'cookie')
  await jmap.call('SignIn/set', { destroy: cookies.map(({ id }) => id) })
  await page.waitForURL(`${server.http}/de/sign-in?done=ended`)
  assert.deepEqual(await kept(page), { databases: 0, caches: 0, workers: 0 })
})

test('on a computer that is not their own nothing is kept, nor where somebody does not want it', async (t) => {
  const person = await addGermanPerson(server, 'ida')
  await sendAll(server.smtp, person.address, [{ subject: 'Apfelernte' }])
  const { page } = await openVisit(t, server.http)
  await page.goto(`${server.http}/de/sign-in`)
  await page.getByLabel(/nicht mein|fremd|gemeinsam/i).check()
  await signIn(page, person.address, person.password)
  await row(page, 'Apfelernte').click()
  await page.getByRole('article').getByText('Bis bald!').waitFor()
  await page.waitForTimeout(4000)
  assert.deepEqual(await kept(page), { databases: 0, caches: 0, workers: 0 })

  const own = await openVisit(t, server.http)
  await own.page.goto(`${server.http}/de/sign-in`)
  await signIn(own.page, person.address, person.password)
  await keeps(own.page, 'Apfelernte')
  await own.page.goto(`${server.http}/app/#/settings/reading`)
  await own.page.getByLabel('Auf diesem Gerät behalten').uncheck()
  await seen(async () => assert.deepEqual(await kept(own.page), { databases: 0, caches: 0, workers: 0 }))
})
