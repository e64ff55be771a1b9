/** What comes back by itself: conversations that were put off, and letters that nobody has answered. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { remindDue, wakeDue } from '#mail/later'
import { shiftClock } from '#system'
import { openJmapClient } from '../jmap.ts'
import { startServer } from '../server.ts'
import { sendAll } from './letters.ts'
import { delayRequests } from './device.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen } from './person.ts'

const server = await startServer({ after })

const DAY_MS = 24 * 3_600_000

const row = (page: Page, subject: string): Locator => page.getByRole('row').filter({ hasText: subject })
const folder = (page: Page, name: string): Locator =>
  page.getByRole('navigation', { name: 'Ordner und Schlagwörter' }).getByRole('link', { name })
const said = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByLabel('Was eben geschah').getByText(text).waitFor()

/** The texts of elements from top to bottom: rows are placed, and stand in the page in any order. */
async function inOrder(all: Locator): Promise<string[]> {
  const placed = await all.evaluateAll((nodes) =>
    nodes.map((node) => ({ top: node.getBoundingClientRect().top, text: node.textContent ?? '' })),
  )
  return placed.toSorted((a, b) => a.top - b.top).map(({ text }) => text)
}

/** Moves the server's clock ahead, until the test ends. */
function daysPass(t: TestContext, days: number): void {
  shiftClock(days * 24 * 3600)
  t.after(() => shiftClock(0))
}

test('a conversation is put off with b, waits in a folder of its own with its time, and comes back unread', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara')
  await sendAll(server.smtp, person.address, [{ subject: 'Apfelernte' }, { subject: 'Birnenmost' }])
  await row(page, 'Birnenmost').click()
  const letter = page.getByRole('article', { name: 'Brief' })
  await letter.getByText('Bis bald!').waitFor()
  await page.keyboard.press('b')
  await page.getByRole('menuitem', { name: 'Morgen früh' }).waitFor()
  await checkLooks(page, 'the menu of later times')
  await page.getByRole('menuitem', { name: 'Morgen früh' }).click()
  await said(page, /^Kommt wieder: morgen, 08:00/)
  await row(page, 'Birnenmost').waitFor({ state: 'detached' })

  await page.keyboard.press('z')
  await row(page, 'Birnenmost').waitFor()
  await row(page, 'Birnenmost').click()
  await page.keyboard.press('b')
  await page.getByRole('menuitem', { name: 'Eigene Zeit' }).click()
  const asking = page.getByRole('dialog', { name: 'Wann soll es wiederkommen?' })
  await asking.getByLabel('Tag').fill('2020-01-01')
  await asking.getByRole('button', { name: 'Später' }).click()
  await asking.getByText('Diese Zeit ist schon vorbei.').waitFor()
  await checkLooks(page, 'the dialog for a time, with a complaint')
  const tomorrow = new Date(Date.now() + DAY_MS).toISOString().slice(0, 10)
  await asking.getByLabel('Tag').fill(tomorrow)
  await asking.getByLabel('Uhrzeit').fill('11:45')
  await asking.getByRole('button', { name: 'Später' }).click()
  await row(page, 'Birnenmost').waitFor({ state: 'detached' })

  await folder(page, 'Später').click()
  await row(page, 'Birnenmost').getByText('11:45').waitFor()
  await row(page, 'Birnenmost').click()
  await letter.getByText(/Kommt wieder: .*11:45/).waitFor()
  await checkLooks(page, 'a letter that was put off')

  // That it was open when its time came does not make it read.
  daysPass(t, 2)
  await wakeDue(server.storage)
  await row(page, 'Birnenmost').waitFor({ state: 'detached' })
  await folder(page, 'Eingang').click()
  await row(page, 'Birnenmost').waitFor()
  await row(page, 'Apfelernte').click()
  await letter.getByRole('heading', { name: 'Apfelernte' }).waitFor()
  await page.getByText(/^Alles gespeichert/).waitFor()
  await row(page, 'Birnenmost').getByText('Wieder da').waitFor({ state: 'attached' })
  await row(page, 'Birnenmost').getByText('ungelesen').waitFor({ state: 'attached' })
})

for (const [name, containing, user] of [
  ['its undoing', '"destroy":["', 'mona'],
  ['the first time', '"create":{"T', 'nele'],
] as const)
  test(`what is undone and put off again while ${name} is still on its way sleeps`, async (t) => {
    const { page, person } = await openInbox(t, server, user)
    await sendAll(server.smtp, person.address, [{ subject: 'Apfelernte' }, { subject: 'Birnenmost' }])
    await delayRequests(page, containing, 3000)
    const letter = page.getByRole('article', { name: 'Brief' })
    const putOff = async (when: string): Promise<void> => {
      await row(page, 'Birnenmost').click()
      await letter.getByText('Bis bald!').waitFor()
      await page.keyboard.press('b')
      await page.getByRole('menuitem', { name: when }).click()
      await row(page, 'Birnenmost').waitFor({ state: 'detached' })
    }
    await putOff('Morgen früh')
    await page.keyboard.press('z')
    await row(page, 'Birnenmost').waitFor()
    await putOff('Nächste Woche')
    await page.getByText(/^Alles gespeichert/).waitFor()
    assert.equal(await row(page, 'Birnenmost').count(), 0)
    await folder(page, 'Später').click()
    await row(page, 'Birnenmost').waitFor()
  })

test('what was put off stands in the order in which it comes back', async (t) => {
  const { page, person } = await openInbox(t, server, 'lena')
  const subjects = ['Apfelernte', 'Birnenmost', 'Chutney']
  await sendAll(
    server.smtp,
    person.address,
    subjects.map((subject) => ({ subject })),
  )
  const jmap = await openJmapClient(server, person)
  const { ids } = await jmap.call('Email/query', { sort: [{ property: 'subject' }] })
  const until = (days: number): string => `${new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 19)}Z`
  const days = [400, 1, 30]
  const create = (ids as string[]).map((emailId, index) => [emailId, { emailId, until: until(days[index] as number) }])
  await jmap.call('Snooze/set', { create: Object.fromEntries(create) })
  await folder(page, 'Später').click()
  const shown = page.getByRole('grid', { name: 'Später' }).locator('.sub')
  await seen(async () => assert.deepEqual(await inOrder(shown), ['Birnenmost', 'Chutney', 'Apfelernte']))
  await checkLooks(page, 'the folder of what was put off')
  // Until another time: it moves to where it belongs now.
  await row(page, 'Birnenmost').click()
  await page.keyboard.press('b')
  await page.getByRole('menuitem', { name: 'Eigene Zeit' }).click()
  const asking = page.getByRole('dialog', { name: 'Wann soll es wiederkommen?' })
  await asking.getByLabel('Tag').fill(until(90).slice(0, 10))
  await asking.getByRole('button', { name: 'Später' }).click()
  await seen(async () => assert.deepEqual(await inOrder(shown), ['Chutney', 'Birnenmost', 'Apfelernte']))
})

test('what was put off is brought back at once, and put off again by undoing', async (t) => {
  const { page, person } = await openInbox(t, server, 'anna')
  await sendAll(server.smtp, person.address, [{ subject: 'Chutney' }, { subject: 'Dörrobst' }])
  await row(page, 'Dörrobst').waitFor()
  await page.getByRole('grid').press('Home')
  await page.keyboard.press('x')
  await row(page, 'Chutney').click({ modifiers: ['Control'] })
  await page.keyboard.press('b')
  await page.getByRole('menuitem', { name: 'Morgen früh' }).click()
  await said(page, /^2 Gespräche kommen wieder/)
  await folder(page, 'Später').click()
  await row(page, 'Chutney').click()
  await page.getByRole('article', { name: 'Brief' }).getByRole('button', { name: 'Jetzt zurückholen' }).click()
  await said(page, 'Zurückgeholt')
  await row(page, 'Chutney').waitFor({ state: 'detached' })
  await page.keyboard.press('z')
  await row(page, 'Chutney').waitFor()
  await folder(page, 'Eingang').click()
  await row(page, 'Chutney').waitFor({ state: 'detached' })
})

test('a letter that nobody has answered in time is back in the inbox, and says so until it is done', async (t) => {
  const { page, person } = await openInbox(t, server, 'emma')
  await sendAll(server.smtp, person.address, [{ subject: 'Angebot' }])
  await row(page, 'Angebot').click()
  const letter = page.getByRole('article', { name: 'Brief' })
  await letter.getByRole('button', { name: 'Nachfassen, wenn niemand antwortet' }).click()
  await page.getByRole('menuitem', { name: 'In zwei Tagen' }).click()
  await said(page, /^Nachfassen: /)
  await letter.getByText(/Nachfassen, wenn bis .* niemand antwortet/).waitFor()
  await page.keyboard.press('e')
  await row(page, 'Angebot').waitFor({ state: 'detached' })
  await page.getByText(/^Alles gespeichert/).waitFor()

  daysPass(t, 3)
  await remindDue(server.storage)
  await row(page, 'Angebot').getByText('Nachfassen').waitFor()
  await row(page, 'Angebot').click()
  await letter.getByText('Niemand hat geantwortet').waitFor()
  await checkLooks(page, 'a letter to follow up')
  await letter.getByRole('button', { name: 'Erledigt' }).click()
  await letter.getByText('Niemand hat geantwortet').waitFor({ state: 'detached' })
})
