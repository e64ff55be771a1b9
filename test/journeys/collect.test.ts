/** Somebody lets the server collect what comes to an account elsewhere, again and again. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { startDovecot, startRelay } from '../dovecot.ts'
import { openJmapClient, type JmapClient } from '../jmap.ts'
import { letter } from '../letters.ts'
import { startNameServer } from '../name-server.ts'
import { startServer } from '../server.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen } from './person.ts'

const dovecot = await startDovecot({ after })
const relay = await startRelay({ after }, dovecot.imaps)
const names = await startNameServer({ after }, { 'zegel.test': { A: ['127.0.0.1'] } })
const server = await startServer(
  { after },
  {
    fetch: { allow: [...dovecot.allow, `127.0.0.1:${relay.port}`], authority: dovecot.authority },
    dns: { servers: [names.address] },
  },
  ['http', 'worker'],
)

async function openTransfer(page: Page): Promise<Locator> {
  await page.goto(`${server.http}/app/#/settings/transfer`)
  return page.getByRole('region', { name: 'Konten, die abgeholt werden' })
}

const values = (card: Locator, ...wanted: string[]): Promise<void> =>
  seen(async () => assert.deepEqual((await card.locator('dd').allTextContents()).slice(-wanted.length), wanted))

const tagged = (card: Locator, words: string): Promise<void> => card.locator('.tag', { hasText: words }).waitFor()

/** What somebody hears who cannot see the button. */
const locked = (button: Locator, is: boolean): Promise<void> =>
  seen(async () => assert.equal(await button.getAttribute('aria-disabled'), String(is)))

async function subjectsIn(jmap: JmapClient, mailbox: string): Promise<string[]> {
  const { list } = await jmap.call('Mailbox/get', { ids: null })
  const inMailbox = (list as { id: string; name: string }[]).find(({ name }) => name === mailbox)?.id
  if (inMailbox === undefined) return []
  const { ids } = await jmap.call('Email/query', { filter: { inMailbox } })
  const { list: letters } = await jmap.call('Email/get', { ids, properties: ['subject'] })
  return (letters as { subject: string }[]).map(({ subject }) => subject).toSorted()
}

async function keepRule(jmap: JmapClient, text: string): Promise<void> {
  const url = String(jmap.session['uploadUrl']).replace('{accountId}', jmap.accountId)
  const uploaded = await fetch(url, {
    method: 'POST',
    headers: { ...jmap.headers, 'content-type': 'application/sieve' },
    body: text,
  })
  const { blobId } = (await uploaded.json()) as { blobId: string }
  const create = { rule: { name: 'Zegel rules', blobId } }
  const { created } = await jmap.call('SieveScript/set', { create, onSuccessActivateScript: '#rule' })
  assert.ok(created)
}

async function arriveThere(folder: string, ...letters: Buffer[]): Promise<void> {
  const client = await dovecot.client()
  for (const one of letters) await client.append(folder, one)
  await client.logout()
}

async function countThere(): Promise<number | undefined> {
  const client = await dovecot.client()
  const status = await client.status('INBOX', { messages: true })
  await client.logout()
  return status ? status.messages : undefined
}

test(
  'an account is collected by IMAP: refused, mended, cut off, and then what is new goes by the rules',
  { timeout: 170_000 },
  async (t) => {
    const client = await dovecot.client()
    await client.mailboxCreate('Reisen')
    await client.logout()
    await arriveThere('Reisen', letter({ subject: 'Fahrplan', text: 'x'.repeat(400_000) }))
    await arriveThere('INBOX', letter({ subject: 'Alte Rechnung', text: 'x'.repeat(400_000) }))

    const { page, person } = await openInbox(t, server, 'sammlerin')
    const jmap = await openJmapClient(server, person)
    await keepRule(
      jmap,
      'require ["fileinto", "mailbox"];\nif header :contains "Subject" "Rechnung" { fileinto :create "Rechnungen"; }\n',
    )
    const collected = await openTransfer(page)
    await collected.getByText('Noch keines.').waitFor()
    await checkLooks(page, 'kein Konto, das abgeholt wird')

    // With the keys alone; the first thing that is wrong has the focus.
    await collected.getByRole('button', { name: 'Konto hinzufügen' }).press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Konto hinzufügen' })
    await dialog.waitFor()
    await page.keyboard.type('anna@elsewhere.example')
    assert.equal(await dialog.getByLabel('Server', { exact: true }).inputValue(), 'imap.elsewhere.example')
    await page.keyboard.press('Enter')
    await dialog.getByText('Geben Sie das Passwort ein.').waitFor()
    await checkLooks(page, 'ein Konto ohne Passwort')
    await page.keyboard.type('falsch')
    assert.equal(await dialog.getByLabel('Passwort dort').inputValue(), 'falsch')
    await dialog.getByLabel('Adresse oder Benutzername dort').fill(dovecot.user)
    await dialog.getByLabel('Server', { exact: true }).fill('zegel.test')
    await dialog.getByLabel('Port').fill('25')
    await dialog.getByRole('button', { name: 'Hinzufügen' }).click()
    await dialog.getByText('An diesem Port spricht niemand IMAP. Üblich sind 993 und 143.').waitFor()
    await dialog.getByLabel('Port').fill(String(relay.port))
    await dialog.getByRole('button', { name: 'Hinzufügen' }).click()
    await dialog.waitFor({ state: 'detached' })

    const card = collected.getByRole('article', { name: dovecot.user })
    const now = card.getByRole('button', { name: `${dovecot.user} jetzt abholen` })
    await card.getByText('Der andere Anbieter hat Name und Passwort nicht angenommen.').waitFor()
    await tagged(card, 'angehalten')
    await locked(now, true)
    await locked(card.getByRole('button', { name: `Mit ${dovecot.user} weitermachen` }), true)
    await checkLooks(page, 'ein Konto, dessen Passwort nicht stimmt')

    const held = relay.holdAfter(200_000)
    await card.getByLabel(`Passwort von ${dovecot.user}`).fill(dovecot.password)
    await card.getByLabel(`Passwort von ${dovecot.user}`).press('Enter')
    await held
    await tagged(card, 'wird gerade abgeholt')
    await locked(now, true)
    await checkLooks(page, 'ein Konto, das gerade abgeholt wird')
    await dovecot.kill()
    relay.cut()
    await card.getByText('Der andere Server war nicht zu erreichen. Es wird weiter versucht.').waitFor()
    await tagged(card, 'zuletzt vergeblich')
    await checkLooks(page, 'ein Konto, das nicht zu erreichen war')
    await dovecot.restart()
    await locked(now, false)
    await now.press('Enter')
    await tagged(card, 'aktiv')
    await values(card, '2', '0')
    await card.getByText('noch nie').waitFor({ state: 'detached' })
    await checkLooks(page, 'ein Konto, das abgeholt ist')
    assert.deepEqual(await subjectsIn(jmap, 'Rechnungen'), [])

    await arriveThere('INBOX', letter({ subject: 'Neue Rechnung' }))
    await locked(now, false)
    await now.click()
    await values(card, '3', '0')
    assert.deepEqual(await subjectsIn(jmap, 'Rechnungen'), ['Neue Rechnung'])
    await tagged(card, 'aktiv')

    await collected.getByRole('button', { name: 'Konto hinzufügen' }).click()
    await dialog.getByLabel('Adresse oder Benutzername dort').fill(dovecot.user)
    await dialog.getByLabel('Passwort dort').fill(dovecot.password)
    await dialog.getByLabel('Server', { exact: true }).fill('zegel.test')
    await dialog.getByLabel('Port').fill(String(relay.port))
    await dialog.getByRole('button', { name: 'Hinzufügen' }).click()
    await dialog.getByText('Dieses Konto wird schon abgeholt.').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })

    // The focus stays where it is, so that what was done can be taken back.
    await card.getByRole('button', { name: `${dovecot.user} anhalten` }).press('Enter')
    await tagged(card, 'angehalten')
    await values(card, 'erst, wenn es weitergeht', '3', '0')
    await checkLooks(page, 'ein Konto, das angehalten ist')
    await page.keyboard.press('Enter')
    await tagged(card, 'aktiv')
    await card.getByRole('button', { name: `${dovecot.user} anhalten` }).waitFor()

    await card.getByRole('button', { name: `${dovecot.user} ändern` }).press('Enter')
    const change = page.getByRole('dialog', { name: `${dovecot.user} ändern` })
    await change.getByLabel('Wie oft').selectOption({ label: 'jeden Tag' })
    await change.getByLabel('Wohin').selectOption({ label: 'Archiv' })
    await checkLooks(page, 'ein Konto, das geändert wird')
    await change.getByRole('button', { name: 'Speichern' }).click()
    await change.waitFor({ state: 'detached' })
    await card.getByText('zegel.test · IMAP · jeden Tag · nach Archiv').waitFor()

    await card.getByRole('button', { name: `${dovecot.user} entfernen` }).click()
    const remove = page.getByRole('dialog', { name: `${dovecot.user} nicht mehr abholen?` })
    await remove.getByText('Was gekommen ist, bleibt hier').waitFor()
    await checkLooks(page, 'ein Konto, das entfernt werden soll')
    await remove.getByRole('button', { name: 'Entfernen' }).click()
    await collected.getByText('Noch keines.').waitFor()
    await seen(async () =>
      assert.equal(await page.evaluate('document.activeElement.textContent'), 'Konten, die abgeholt werden'),
    )
    assert.deepEqual(await subjectsIn(jmap, 'Rechnungen'), ['Neue Rechnung'])
    assert.deepEqual(await subjectsIn(jmap, 'Reisen'), ['Fahrplan'])
  },
)

test('an account is collected by POP3, and what is here is removed there', { timeout: 120_000 }, async (t) => {
  await arriveThere('INBOX', letter({ subject: 'Post von gestern' }))
  const before = (await countThere()) ?? 0
  const { page, person } = await openInbox(t, server, 'abholer')
  const collected = await openTransfer(page)
  await collected.getByRole('button', { name: 'Konto hinzufügen' }).click()
  const dialog = page.getByRole('dialog', { name: 'Konto hinzufügen' })
  await dialog.getByLabel('Adresse oder Benutzername dort').fill('anna@elsewhere.example')
  await dialog.getByRole('button', { name: 'POP3' }).click()
  assert.equal(await dialog.getByLabel('Server', { exact: true }).inputValue(), 'pop.elsewhere.example')
  assert.equal(await dialog.getByLabel('Port').inputValue(), '995')
  await dialog.getByRole('button', { name: 'STARTTLS' }).click()
  assert.equal(await dialog.getByLabel('Port').inputValue(), '110')
  await dialog.getByRole('button', { name: 'TLS', exact: true }).click()
  await dialog.getByLabel('Adresse oder Benutzername dort').fill(dovecot.user)
  await dialog.getByLabel('Passwort dort').fill(dovecot.password)
  await dialog.getByLabel('Server', { exact: true }).fill('zegel.test')
  await dialog.getByLabel('Port').fill(String(dovecot.pop3s))
  await dialog.getByLabel('Briefe auf dem anderen Server lassen').uncheck()
  await dialog.getByText('Was hier sicher liegt, wird dort gelöscht.').waitFor()
  await checkLooks(page, 'ein Konto, das dort gelöscht wird')
  await dialog.getByRole('button', { name: 'Hinzufügen' }).click()
  await dialog.waitFor({ state: 'detached' })
  const card = collected.getByRole('article', { name: dovecot.user })
  await tagged(card, 'aktiv')
  await values(card, String(before), '0')
  await card.getByText('zegel.test · POP3 · alle 15 Minuten · wird dort gelöscht').waitFor()
  await seen(async () => assert.equal(await countThere(), 0))
  await checkLooks(page, 'ein Konto, das über POP3 abgeholt ist')

  await arriveThere('INBOX', letter({ subject: 'Post von heute' }))
  const now = card.getByRole('button', { name: `${dovecot.user} jetzt abholen` })
  await locked(now, false)
  await now.click()
  await values(card, String(before + 1), '0')
  await seen(async () => assert.equal(await countThere(), 0))
  const jmap = await openJmapClient(server, person)
  assert.ok((await subjectsIn(jmap, 'Inbox')).includes('Post von heute'))
})
